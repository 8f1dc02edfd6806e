"""Pictures in the event loop: one is removed only after the COMMIT of the change that makes it unused."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from shopkeeper.storage import StoreOutage
from shopkeeper.storage.pictures import PictureStore

WhenDurable = Callable[[Callable[[], None]], None]
Open = Callable[[], PictureStore | None]


class PicturesAfterCommit:
    """Pictures whose removal waits until the change is durable. Everything else of the port is passed on."""

    def __init__(self, kept: PictureStore, when_durable: WhenDurable) -> None:
        self._kept = kept
        self._when_durable = when_durable

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kept, name)

    def remove(self, name: str) -> None:
        """See `PictureStore.remove`. What fails then is left for a backfill."""
        self._when_durable(partial(_try, partial(self._kept.remove, name)))

    def remove_of_item(self, item_id: str, shown: str | None) -> None:
        """See `PictureStore.remove_of_item`."""
        self._when_durable(partial(_try, partial(self._kept.remove_of_item, item_id, shown)))


def after_commit(opened: Open, when_durable: WhenDurable) -> Open:
    """Return what opens the same pictures for use in the event loop."""

    def opens() -> PictureStore | None:
        kept = opened()
        return None if kept is None else cast(PictureStore, PicturesAfterCommit(kept, when_durable))

    return opens


def _try(step: Callable[[], None]) -> None:
    try:
        step()
    except StoreOutage:
        pass
