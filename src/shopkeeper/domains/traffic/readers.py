"""Who may read the traffic of which site: the owner of its business, admins, and with `TRAFFIC_PUBLIC` everyone.

Who has a link that shares a site reads that one site.
"""

from collections.abc import Callable, Sequence
from datetime import tzinfo

import msgspec

from shopkeeper.domains.accounts.offers import is_admin
from shopkeeper.domains.businesses.model import StoredBusiness
from shopkeeper.domains.businesses.offers import business_of, find_business, owns
from shopkeeper.domains.traffic.shares import Shares
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

    def __init__(
        self, store: Store, hosts: Sequence[str], time_zone: str, *, is_public: bool, shares: Shares | None = None
    ) -> None:
        """`hosts` are those of `SITES`, whose days are of `time_zone`. Without `shares` no link is valid."""
        self._store = store
        self._shares = shares
        keys = [_key_of(host) for host in hosts]
        self._hosts = {key: ReadableSite(key, key, time_zone) for key in keys}
        self._is_public = is_public

    def site(self, caller: Caller | None, name: str | None, token: str | None = None) -> ReadableSite:
        """Return the site of a name to who may read it, or by default the first of `all_of`.

        The `token` of a link is for its site alone. Raises NotFound for a site that is not there or not for the caller,
        Unauthenticated or StoreError.
        """
        if token is not None:
            return self._shared(name, token)
        self._check_known(caller)
        if name is None:
            for site in self.all_of(caller):
                return site
            raise NotFound("There is no site that you may read.")
        return self._allowed(caller, name, self._may_read_all)

    def own_site(self, caller: Caller, name: str | None) -> ReadableSite:
        """Return a site to who may share it: the owner of its business, or an admin. By default as in `site`.

        Raises NotFound or StoreError.
        """
        if name is None:
            name = self.site(caller, None).key
        return self._allowed(caller, name, self._is_admin)

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

    def _allowed(self, caller: Caller | None, name: str, is_for_all: Callable[[Caller | None], bool]) -> ReadableSite:
        """Return a site to the owner of its business, and to whom all sites are for. Raises NotFound."""
        host = self._hosts.get(_key_of(name))
        if host is not None:
            if is_for_all(caller):
                return host
        else:
            business = self._business(name)
            if business is not None and (owns(caller, business) or is_for_all(caller)):
                return site_of(business)
        raise NotFound("There is no such site.")

    def _shared(self, name: str | None, token: str) -> ReadableSite:
        key = None if self._shares is None else self._shares.opened(token)
        site = None if key is None else self.find(key)
        if site is None or (name is not None and _key_of(name) != _key_of(site.key)):
            raise NotFound("There is no such site, or its link is not valid any more.")
        return site

    def _may_read_all(self, caller: Caller | None) -> bool:
        return self._is_public or self._is_admin(caller)

    def _is_admin(self, caller: Caller | None) -> bool:
        return caller is not None and is_admin(self._store, caller)

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
