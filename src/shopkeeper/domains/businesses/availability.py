"""Whether a business takes orders at a moment: by `accepting_orders`, its pause and its hours."""

from datetime import datetime

import msgspec

from shopkeeper.clock import rfc3339
from shopkeeper.domains.businesses.model import Business, Closed, Paused
from shopkeeper.domains.businesses.opening import is_open, opening_of


class Availability(msgspec.Struct, frozen=True):
    """Whether a business takes orders now, and its next change: when it opens or, if it is open, when it closes.

    Times are RFC 3339, None as those of `Opening`, and both None if the change is up to the owner.
    """

    open_now: bool
    opens_at: str | None
    closes_at: str | None


def availability_of(business: Business, moment: datetime) -> Availability:
    """Return whether a business takes orders at a moment, and its next change."""
    if not business.accepting_orders:
        return Availability(False, None, None)
    resumes = running_pause(business, moment)
    if resumes is not None:
        after = opening_of(business, resumes)
        return Availability(False, _text(resumes if after.is_open else after.opens_at), None)
    now = opening_of(business, moment)
    return Availability(now.is_open, _text(now.opens_at), _text(now.closes_at))


def running_pause(business: Business, moment: datetime) -> datetime | None:
    """Return when the pause of a business ends, None if it is not paused at a moment."""
    if business.paused_until is None or business.paused_until <= rfc3339(moment):
        return None
    return datetime.fromisoformat(business.paused_until)


def check_open(business: Business, moment: datetime) -> None:
    """Check that a business is open and not paused at a moment. Raises Paused or Closed."""
    if running_pause(business, moment) is not None:
        until = str(business.paused_until)
        raise Paused(f"The business takes no orders until {until}.", paused_until=until, **_opening(business, moment))
    if not is_open(business, moment):
        raise Closed("The business is closed now.", **_opening(business, moment))


def _opening(business: Business, moment: datetime) -> dict[str, str]:
    opens_at = availability_of(business, moment).opens_at
    return {} if opens_at is None else {"opens_at": opens_at}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
