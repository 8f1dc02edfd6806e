"""What services are built from."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from shopkeeper.clock import Clock, utc_now
from shopkeeper.settings import Settings
from shopkeeper.storage import Store

if TYPE_CHECKING:
    from shopkeeper.identity.service import Identity
    from shopkeeper.storage.pictures import PictureStore


def no_pictures() -> None:
    """Return None, for a stage that keeps no pictures."""


class Resources(msgspec.Struct, frozen=True):
    """The settings, the store, the clock and, for functions that authenticate, the identity of a stage.

    `pictures` returns where the pictures are kept, None if they are not. It is opened at the first call.
    """

    settings: Settings
    store: Store
    clock: Clock = utc_now
    identity: "Identity | None" = None
    pictures: "Callable[[], PictureStore | None]" = no_pictures

    def require_identity(self) -> "Identity":
        """Return the identity. Raises ValueError for a function that does not authenticate."""
        if self.identity is None:
            raise ValueError("this function needs an identity")
        return self.identity
