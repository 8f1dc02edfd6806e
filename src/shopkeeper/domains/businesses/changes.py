"""What a request to change a business says, checked and in the form that is stored."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from shopkeeper.clock import rfc3339
from shopkeeper.domains.businesses.address import check_address
from shopkeeper.domains.businesses.hours import WeeklyHours, check_special_days, check_weekly_hours
from shopkeeper.domains.businesses.model import LOCATION_DECIMALS, MOST_PAUSE_DAYS, BusinessChange, Location
from shopkeeper.domains.businesses.zones import check_time_zone
from shopkeeper.http import FieldError, InvalidInput
from shopkeeper.http.fields import changed_fields


def checked_fields(change: BusinessChange, moment: datetime) -> dict[str, Any]:
    """Return the fields that a change names, as they are stored. Raises InvalidInput or UnknownTimeZone."""
    fields = changed_fields(change)
    match change.opening_hours:
        case WeeklyHours() as hours:
            check_weekly_hours(hours)
    match change.special_hours:
        case list() as days:
            check_special_days(days)
    match change.address:
        case str() | dict() as address:
            check_address(address)
    match change.time_zone:
        case str() as name:
            check_time_zone(name)
    match change.email:
        case str() as email:
            fields["email"] = email.lower()
    match change.paused_until:
        case datetime() as until:
            fields["paused_until"] = _pause_end(until, moment)
    match change.public_contact:
        case list() as names:
            fields["public_contact"] = sorted(set(names))
    match change.location:
        case Location() as location:
            degrees = {
                name: round(value, LOCATION_DECIMALS) for name, value in msgspec.structs.asdict(location).items()
            }
            fields["location"] = Location(**degrees)
    return fields


def _pause_end(until: datetime, moment: datetime) -> str:
    if not moment < until <= moment + timedelta(days=MOST_PAUSE_DAYS):
        raise InvalidInput([FieldError("paused_until", f"must lie within the next {MOST_PAUSE_DAYS} days")])
    return rfc3339(until)
