"""The owner of a shop who changes hours and pauses, and what the feed tells of it."""

from datetime import timedelta
from typing import Any

import msgspec

from shopkeeper.clock import rfc3339
from shopkeeper.domains.businesses.model import Business, BusinessChange
from shopkeeper.domains.businesses.pause_sweep import PauseSweep
from shopkeeper.storage import Store
from tests.support.lagging import settle
from tests.support.shops import Shop

Told = tuple[str, str | None]
"""The kind of an event, and until when."""


def change(shop: Shop, **fields: Any) -> Business:
    """Change the business of a shop, as it is now."""
    return shop.registry.change(shop.registry.get(shop.business_id), msgspec.convert(fields, BusinessChange))


def ahead(shop: Shop, seconds: float) -> str:
    """Return a time so many seconds from now."""
    return rfc3339(shop.now + timedelta(seconds=seconds))


def pause(shop: Shop, seconds: float) -> str:
    """Pause for so many seconds, and return until when."""
    until = ahead(shop, seconds)
    change(shop, paused_until=until)
    return until


def sweep(shop: Shop, store: Store | None = None) -> dict[str, int]:
    """Run the job that ends pauses, with indexes that have caught up."""
    settle(shop.store)
    return PauseSweep(store or shop.store, shop.clock).run()


def told(shop: Shop) -> list[Told]:
    """Return what the feed tells of the business itself."""
    events, _ = shop.feed.after(shop.owner, shop.business_id, 0, 1000)
    return [(one.type, one.data.get("until")) for one in events if one.type.startswith("business.")]  # type: ignore[misc]
