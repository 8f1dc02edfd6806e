"""Money and times as mails show them."""

from datetime import datetime

from shopkeeper.domains.businesses.model import Business
from shopkeeper.domains.businesses.offers import in_zone

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


def local_time(business: Business, moment: str) -> str:
    """Return a time of RFC 3339 in the zone of a business, like `2026-11-28 19:30 CET`."""
    return in_zone(business, datetime.fromisoformat(moment)).strftime("%Y-%m-%d %H:%M %Z")
