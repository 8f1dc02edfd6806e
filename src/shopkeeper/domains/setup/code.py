"""The one-time code that `serve` prints, so that only the operator can make the first account."""

import hmac
import secrets

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Without vowels, so that no words come about, and without letters that look like digits."""

GROUPS, LENGTH = 5, 4
"""20 letters from an alphabet of 20 have 86 bits."""


def new_code() -> str:
    """Return a random code, like `BCDF-GHJK-LMNP-QRST-VWXZ`."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


def is_code(sent: str, code: str) -> bool:
    """Tell whether a person typed a code, in upper or lower case, with any separators between the letters.

    The comparison takes as long for a wrong code as for the right one.
    """
    return bool(code) and hmac.compare_digest(_letters(sent), _letters(code))


def _letters(typed: str) -> bytes:
    return "".join(sign for sign in typed.upper() if sign.isalpha()).encode()
