"""What is shown of a business at a moment: to its owner, and to anyone."""

from datetime import datetime
from typing import Any, get_args

import msgspec

from shopkeeper.domains.businesses.availability import availability_of, running_pause
from shopkeeper.domains.businesses.model import Business, ContactField, OwnBusiness, PublicBusiness

CONTACT = get_args(ContactField)


def own_view(business: Business, moment: datetime) -> OwnBusiness:
    """Return all of a business."""
    return OwnBusiness(**_facts(business, Business.__struct_fields__, moment))


def public_view(business: Business, moment: datetime) -> PublicBusiness:
    """Return what anyone may see of a business, with the contact data that its owner shows."""
    shown = {*PublicBusiness.__struct_fields__} - {*CONTACT} | {*business.public_contact}
    names = tuple(name for name in Business.__struct_fields__ if name in shown)
    return PublicBusiness(**_facts(business, names, moment))


def _facts(business: Business, names: tuple[str, ...], moment: datetime) -> dict[str, Any]:
    """Return these facts of a business and whether it takes orders. A pause that has ended is not shown."""
    facts = {name: getattr(business, name) for name in names}
    if running_pause(business, moment) is None:
        facts["paused_until"] = None
    return facts | msgspec.structs.asdict(availability_of(business, moment))
