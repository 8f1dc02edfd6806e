"""The event of an item that cannot be ordered any more."""

from collections.abc import Mapping
from datetime import datetime

from shopkeeper.clock import rfc3339
from shopkeeper.domains.catalogue.model import StoredItem
from shopkeeper.domains.feed.offers import append
from shopkeeper.storage import Append


def unavailability(before: StoredItem, after: StoredItem, moment: datetime) -> list[Append]:
    """Return the action that appends the event of an item that becomes unavailable, none if it does not.

    The data of the event is the item's `name`, and `until` if it becomes available by itself. There is another event
    if it was unavailable and that time changes, and none if it becomes available.
    """
    now = rfc3339(moment)
    data = _unavailable(after, now)
    if data is None or data == _unavailable(before, now):
        return []
    return [append(after.business_id, "item.unavailable", after.item_id, {"name": after.name, **data}, now, moment)]


def _unavailable(item: StoredItem, now: str) -> Mapping[str, str] | None:
    """Return `until` of an item that is unavailable, nothing if there is no end; None if it is available."""
    if not item.available:
        return {}
    until = item.unavailable_at(now)
    return None if until is None else {"until": until}
