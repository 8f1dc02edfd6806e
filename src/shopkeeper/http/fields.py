"""Types of fields that more than one domain takes."""

from typing import Annotated, Any

import msgspec

from shopkeeper.http.constraints import pattern

_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"

Email = Annotated[
    str,
    pattern(
        # The WHATWG's "valid e-mail address", with at least one dot in the domain.
        rf"^[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+$",
        must="must be an email address, like name@example.com",
        max_length=254,
        description="Compared without case, and kept in lower case",
        examples=["test@example.com"],
    ),
]
Phone = Annotated[
    str,
    pattern(
        r"^\+[1-9][0-9]{1,14}$",
        must="must be a phone number in E.164 form, like +14155550123",
        examples=["+1234567890"],
    ),
]


def changed_fields(change: msgspec.Struct) -> dict[str, Any]:
    """Return the fields of a change that the request's body names."""
    return {name: value for name, value in msgspec.structs.asdict(change).items() if value is not msgspec.UNSET}


Limit = Annotated[int, msgspec.Meta(ge=1, le=100, description="The most that a page holds")]
CursorText = Annotated[str, msgspec.Meta(max_length=2500, description="Where the last page ended")]
"""Long enough for the longest cursor that a list gives: its scope repeats the search."""

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'

IfMatch = Annotated[
    str,
    pattern(
        # RFC 9110, 13.1.1 and 8.8.3: `*` or a list of entity tags; 5.6.1.2: empty elements are to be ignored.
        rf"^(?:[ \t]*\*[ \t]*|[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*)$",
        must='must be * or entity tags with commas between, like "3"',
        header=True,
        max_length=1000,
        description="The ETag that was last seen",
        examples=['"3"'],
    ),
]
