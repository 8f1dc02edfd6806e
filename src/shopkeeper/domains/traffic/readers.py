"""Who may read the traffic of which site: the owner of its business, admins, and with `TRAFFIC_PUBLIC` everyone."""

from collections.abc import Sequence
from datetime import tzinfo

import msgspec

from shopkeeper.domains.accounts.offers import is_admin
from shopkeeper.domains.businesses.model import StoredBusiness
from shopkeeper.domains.businesses.offers import business_of, find_business, owns
from shopkeeper.http import Caller, NotFound, Unauthenticated
from shopkeeper.storage import Store
from shopkeeper.zones import zone_of


class ReadableSite(msgspec.Struct, frozen=True):
    """A site: its name in keys (a host of `SITES`, or a `business_id`), what people call it, and its time zone."""

    key: str
    name: str
    time_zone: str

    @property
    def zone(self) -> tzinfo:
        """The time zone."""
        return zone_of(self.time_zone)


class Readers:
    """Knows the sites, and who may read them."""

    def __init__(self, store: Store, hosts: Sequence[str], time_zone: str, *, is_public: bool) -> None:
        """`hosts` are those of `SITES`, whose days are of `time_zone`."""
        self._store = store
        keys = [_key_of(host) for host in hosts]
        self._hosts = {key: ReadableSite(key, key, time_zone) for key in keys}
        self._is_public = is_public

    def site(self, caller: Caller | None, name: str | None) -> ReadableSite:
        """Return the site of a name to who may read it, or by default the first of `all_of`.

        Raises NotFound for a site that is not there or not for the caller, Unauthenticated or StoreError.
        """
        self._check_known(caller)
        if name is None:
            for site in self.all_of(caller):
                return site
            raise NotFound("There is no site that you may read.")
        host = self._hosts.get(_key_of(name))
        if host is not None:
            if self._may_read_all(caller):
                return host
        else:
            business = self._business(name)
            if business is not None and (owns(caller, business) or self._may_read_all(caller)):
                return site_of(business)
        raise NotFound("There is no such site.")

    def all_of(self, caller: Caller | None) -> list[ReadableSite]:
        """Return the sites that a caller may read: the own business, and the hosts for who may read all.

        Raises Unauthenticated or StoreError.
        """
        self._check_known(caller)
        own = None if caller is None else business_of(self._store, caller)
        hosts = self._hosts.values() if self._may_read_all(caller) else ()
        return [*([] if own is None else [site_of(own)]), *hosts]

    @property
    def first(self) -> ReadableSite | None:
        """The first host, None if there is none."""
        return next(iter(self._hosts.values()), None)

    def find(self, name: str) -> ReadableSite | None:
        """Return the site of a name, for who may read all. Raises StoreError."""
        host = self._hosts.get(_key_of(name))
        if host is not None:
            return host
        business = self._business(name)
        return None if business is None else site_of(business)

    def _check_known(self, caller: Caller | None) -> None:
        if caller is None and not self._is_public:
            raise Unauthenticated("This needs an access token.")

    def _may_read_all(self, caller: Caller | None) -> bool:
        return self._is_public or (caller is not None and is_admin(self._store, caller))

    def _business(self, business_id: str) -> StoredBusiness | None:
        try:
            business = find_business(self._store, business_id)
        except NotFound:
            return None
        return None if business.closing_since else business


def site_of(business: StoredBusiness) -> ReadableSite:
    """Return the site of a business."""
    return ReadableSite(business.business_id, business.business_name, business.time_zone)


def _key_of(host: str) -> str:
    """Return the name in keys of a host, which is the same with and without `www.` and the usual port."""
    return host.lower().removesuffix(":443").removeprefix("www.")
