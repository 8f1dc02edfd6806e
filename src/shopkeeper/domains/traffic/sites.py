"""Which site a hit is for: a host of `SITES`, or a business whose record names the site's origin.

A hit names its site, and the page that sends it must be the site's. The browser says of which origin a page is, and no
page can claim another's.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from shopkeeper.domains.traffic.hit_model import UnknownSite
from shopkeeper.http import NotFound
from shopkeeper.storage import Store

if TYPE_CHECKING:
    from shopkeeper.domains.businesses.model import StoredBusiness

KEPT_SECONDS = 60.0
MOST_KEPT = 1000
MOST_NAME = 128
"""Characters of the id of a business."""

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Site(msgspec.Struct, frozen=True):
    """A site: the key under which it is counted, its host without `www.`, and the name of its time zone."""

    key: str
    host: str
    zone: str


class Sites:
    """The sites of a stage. What is read of a business is kept for a minute, also that it has no site."""

    def __init__(
        self,
        store: Store,
        hosts: Iterable[str],
        zone: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`hosts` are those of `SITES`, and `zone` is their time zone."""
        self._store = store
        self._hosts = {site.host: site for host in hosts for site in [host_site(host, zone)]}
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, Site | None, str]] = {}

    def of_hit(self, name: str, headers: Mapping[str, str]) -> tuple[Site, str]:
        """Return the site of a hit, and the origin of the page that sent it.

        `name` is the business that the hit names, empty for a host of `SITES`. Raises UnknownSite, or StoreError.
        """
        origin = origin_of(headers)
        host = host_of(origin)
        if not name:
            site = self._hosts.get(host)
            if site is not None:
                return site, origin
        elif host and len(name) <= MOST_NAME:
            site, own_origin = self._business(name)
            if site is not None and _without_www(origin) == own_origin:
                return site, origin
        raise UnknownSite("Hits of this page are not counted: SITES and the business's `site` say whose are.")

    def _business(self, business_id: str) -> tuple[Site | None, str]:
        now = self._monotonic()
        read_at, site, origin = self._kept.get(business_id, (-KEPT_SECONDS, None, ""))
        if now - read_at >= KEPT_SECONDS:
            site, origin = self._read(business_id)
            self._kept.pop(business_id, None)
            if len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[business_id] = now, site, origin
        return site, origin

    def _read(self, business_id: str) -> tuple[Site | None, str]:
        from shopkeeper.domains.businesses.offers import find_business  # hosts of SITES do not need it

        try:
            business = find_business(self._store, business_id)
        except NotFound:
            return None, ""
        return business_site(business), _without_www(business.site or "")


def host_site(host: str, zone: str) -> Site:
    """Return the site of a host of `SITES`."""
    key = host_of(f"https://{host}")
    return Site(key, key, zone)


def business_site(business: "StoredBusiness") -> Site | None:
    """Return the site of a business, None if its record names none or it is being deleted."""
    if business.site is None or business.closing_since is not None:
        return None
    return Site(business.business_id, host_of(business.site), business.time_zone)


def origin_of(headers: Mapping[str, str]) -> str:
    """Return the origin of the page that sends a request, an empty text if the browser does not tell it.

    Browsers send `Origin` with a POST, and only `Referer` for an image.
    """
    origin = headers.get("origin", "")
    if origin not in ("", "null"):
        return origin.lower()
    scheme, mark, rest = headers.get("referer", "").partition("://")
    return f"{scheme}://{_authority(rest)}".lower() if mark else ""


def host_of(url: str) -> str:
    """Return the host of a URL with its port, if it has another than the usual one; an empty text for no URL.

    `www.` in front is left out: a site is the same with and without.
    """
    scheme, mark, rest = url.lower().partition("://")
    if not mark:
        return ""
    host = _authority(rest).rpartition("@")[2]
    return host.removesuffix(_DEFAULT_PORTS.get(scheme, "\0")).removeprefix("www.")


def _authority(rest: str) -> str:
    for end in "/?#\\":
        rest = rest.partition(end)[0]
    return rest


def _without_www(origin: str) -> str:
    scheme, mark, _ = origin.lower().partition("://")
    return f"{scheme}://{host_of(origin)}" if mark else ""
