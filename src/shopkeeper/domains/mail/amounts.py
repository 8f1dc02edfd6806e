"""Money and times as mails show them."""

from datetime import UTC, datetime

from shopkeeper.domains.businesses.model import Business

DIGITS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF"), 0
    ),
    **dict.fromkeys(("XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""The decimal places of currencies that do not have two (ISO 4217)."""


def money(minor: int, currency: str) -> str:
    """Return an amount with its currency, like `12.50 EUR`, given in minor units."""
    digits = DIGITS.get(currency, 2)
    if not digits:
        return f"{minor} {currency}"
    whole, part = divmod(minor, 10**digits)
    return f"{whole}.{part:0{digits}} {currency}"


def local_time(_business: Business, moment: str) -> str:
    """Return a time of RFC 3339 as people of a business read it. Businesses have no time zone yet, so it is UTC."""
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
