"""Links that share a site's traffic. Each has a sealed token, which is valid while its version is kept.

A new link has a new random version. So a link that was revoked stays revoked, also after the site is shared again.
"""

import os
from collections.abc import Callable

from shopkeeper.base64 import urlsafe_b64encode
from shopkeeper.domains.traffic.records import PARTITION, SHARES, SORT
from shopkeeper.hashing import compare_digest
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import AlreadyExists, Store
from shopkeeper.storage.tables import TRAFFIC

PURPOSE = "traffic share"
VERSION = "version"
VERSION_BYTES = 12


class Shares:
    """The links of all sites, one for each that is shared."""

    def __init__(self, store: Store, keyring: Keyring, random: Callable[[int], bytes] = os.urandom) -> None:
        self._store = store
        self._keyring = keyring
        self._random = random

    def token(self, site: str) -> str | None:
        """Return the token of a site's link, None if there is none. Raises StoreError."""
        version = self._version(site)
        return None if version is None else self._keyring.seal(PURPOSE, _encoded(site), version)

    def share(self, site: str) -> str:
        """Return the token of a site's link, a new one if there is none. Raises StoreError."""
        found = self.token(site)
        if found is not None:
            return found
        version = self._random(VERSION_BYTES).hex()
        try:
            self._store.put(TRAFFIC, {**_key(site), VERSION: version}, if_absent=True)
        except AlreadyExists:
            return self.share(site)  # somebody shared it at the same moment
        return self._keyring.seal(PURPOSE, _encoded(site), version)

    def revoke(self, site: str) -> None:
        """Make a site's link invalid, if there is one. Raises StoreError."""
        self._store.delete(TRAFFIC, _key(site))

    def opened(self, token: str) -> str | None:
        """Return the site of a token, None if it is not valid. How long it takes tells nothing of the right one.

        Raises StoreError.
        """
        parts = self._keyring.open(PURPOSE, token)
        if parts is None:
            return None
        from base64 import urlsafe_b64decode  # no start needs it

        site, sealed = urlsafe_b64decode(parts[0] + "==").decode(), parts[1]
        version = self._version(site)
        return site if version is not None and compare_digest(version, sealed) else None

    def _version(self, site: str) -> str | None:
        item = self._store.get(TRAFFIC, _key(site))
        return None if item is None else str(item[VERSION])


def _key(site: str) -> dict[str, str]:
    return {PARTITION: SHARES, SORT: site}


def _encoded(site: str) -> str:
    """Return a site's name without dots, which separate the parts of what is sealed."""
    return urlsafe_b64encode(site.encode())
