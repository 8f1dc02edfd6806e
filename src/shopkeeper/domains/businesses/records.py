"""The record of a business: in the form that is written here, or in that of the founding order receiver."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import get_args

import msgspec

from shopkeeper.clock import rfc3339
from shopkeeper.domains.businesses.model import LOCATION_DECIMALS, Business, BusinessType, StoredBusiness
from shopkeeper.http import NotFound
from shopkeeper.storage import ABSENT, Expectation, Item, Store, Value
from shopkeeper.storage.records import Records
from shopkeeper.storage.tables import BUSINESSES

UNKNOWN_TIME = "1970-01-01T00:00:00.000Z"
INDEXED = ("email", "cognito_user_id")
"""Attributes that indexes list businesses by. A store does not take an empty one, so it is left out."""

NOT_CLOSING: Expectation = {"closing_since": ABSENT}

MICRO = 10**LOCATION_DECIMALS
"""A store holds no floats, so a location is stored in whole millionths of a degree."""


def read_business(record: Item) -> StoredBusiness:
    """Return the business of a record. A record without a version has the founding form and is read as version 0."""
    ours = record if "version" in record else _from_founding_form(record)
    location = _degrees(ours.get("location"))
    return msgspec.convert({**dict.fromkeys(INDEXED, ""), **ours, "location": location}, StoredBusiness)


def business_record(business: Business) -> dict[str, Value]:
    """Return what is written of a business. Its item count and the time of its closing are written separately."""
    record: dict[str, Value] = {
        name: msgspec.to_builtins(getattr(business, name)) for name in Business.__struct_fields__
    }
    if business.location is not None:
        degrees: dict[str, float] = msgspec.structs.asdict(business.location)
        record["location"] = {name: round(value * MICRO) for name, value in degrees.items()}
    return {name: value for name, value in record.items() if value != "" or name not in INDEXED}


def _degrees(location: Value) -> object:
    """Return a stored location in degrees. Any other value is returned as it is, and refused later."""
    if not isinstance(location, Mapping):
        return location
    return {name: value / MICRO if isinstance(value, int) else value for name, value in location.items()}


def businesses(store: Store) -> Records[StoredBusiness]:
    """Return the records of businesses. `require` raises NotFound."""
    return Records(store, BUSINESSES, StoredBusiness, missing=no_business, read=read_business, write=business_record)


def no_business() -> NotFound:
    """Return the error of a business that is not there, or not for the caller."""
    return NotFound("There is no such business.")


def unchanged(business: StoredBusiness) -> Expectation:
    """Return what a record must be for a change of the business that was read: of the same version, and not closing."""
    return {"version": business.version or ABSENT, **NOT_CLOSING, "business_id": business.business_id}


def _from_founding_form(record: Item) -> dict[str, Value]:
    """Return a founding record in our form. It has other names and fewer fields."""
    kind = record.get("business_type")
    created = _time(record.get("created_at"))
    return {
        "business_id": record["business_id"],
        "business_name": _text(record.get("business_name")),
        "email": _text(record.get("email")).lower(),
        "phone": _text(record.get("phone") or record.get("phone_number")),
        "address": _address(record.get("address")),
        "cognito_user_id": _text(record.get("cognito_user_id")),
        "owner_name": _text(record.get("owner_name")) or None,
        "business_type": kind if kind is None or kind in get_args(BusinessType) else "other",
        "accepting_orders": record.get("accepting_orders", True) is True,
        "order_emails": record.get("order_emails", True) is True,
        "created_at": created,
        "updated_at": _time(record.get("updated_at"), created),
        "version": 0,
        "item_count": record.get("item_count", 0),
        "closing_since": record.get("closing_since"),
    }


def _address(value: Value) -> Value:
    if not isinstance(value, Mapping):
        return _text(value)
    return {name: _text(part) for name, part in value.items()}


def _time(value: Value, default: str = UNKNOWN_TIME) -> str:
    """Return a time as RFC 3339: the founding records have texts of ISO 8601, or seconds of the Unix epoch."""
    try:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return rfc3339(datetime.fromtimestamp(float(value), UTC))
        moment = datetime.fromisoformat(_text(value))
        return rfc3339(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError, OSError):
        return default


def _text(value: Value) -> str:
    return "" if value is None else str(value)
