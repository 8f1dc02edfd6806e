"""The guard of addresses: requests that strangers ask for reach public addresses, and nothing inside a network.

A name is resolved once. If any of its addresses is not public, nothing is sent. Otherwise the connection goes to these
very addresses, so that a second answer of the name's server changes nothing.

`ipaddress.is_global` differs between versions of Python, so the ranges are listed here. Sources: the IANA IPv4 and IPv6
Special-Purpose Address Registries, and the address spaces of multicast and of addresses that contain IPv4 addresses.
Some addresses in these ranges are reachable from everywhere. No receiver of webhooks is among them.
"""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from shopkeeper.net.connection import Connection, NotSent, Trust, connect_to, resolve
from shopkeeper.net.url import Url, parse_url

MAX_URL = 2000
MAX_HOST = 253
HTTPS_PORT = 443
LEAST_FREE_PORT = 1024
"""Other ports below this one belong to services such as mail and remote shells, which nobody receives webhooks with."""

SPECIAL: dict[str, str] = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private use",
    "100.64.0.0/10": "shared by customers of a carrier",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local, such as the metadata of a cloud",
    "172.16.0.0/12": "private use",
    "192.0.0.0/24": "protocol assignments",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "AS112",
    "192.52.193.0/24": "multicast tunnels",
    "192.88.99.0/24": "6to4 relays",
    "192.168.0.0/16": "private use",
    "192.175.48.0/24": "AS112",
    "198.18.0.0/15": "benchmarks",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved, and broadcast",
    "::/96": "unspecified, loopback and IPv4-compatible",
    "::ffff:0:0/96": "IPv4-mapped",
    "::ffff:0:0:0/96": "IPv4-translated",
    "64:ff9b::/96": "IPv4 behind NAT64",
    "64:ff9b:1::/48": "IPv4 behind a local NAT64",
    "100::/64": "discarded",
    "100:0:0:1::/64": "dummy prefix",
    "2001::/23": "protocol assignments, among them Teredo and ORCHID",
    "2001:db8::/32": "documentation",
    "2002::/16": "6to4",
    "2620:4f:8000::/48": "AS112",
    "3fff::/20": "documentation",
    "5f00::/16": "segment routing",
    "fc00::/7": "unique local",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
"""Every range that is not public, and what it is for."""

_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_SPECIAL = tuple(ip_network(network) for network in SPECIAL)
_GLOBAL_UNICAST = ip_network("2000::/3")
"""What IANA assigns IPv6 addresses from. The rest is reserved (RFC 4291, section 2.4)."""

Resolve = Callable[[str, int, float], Sequence[Any]]
"""Returns the addresses of a host as `connection.resolve` does."""


class NotAllowed(ValueError):
    """The URL is one to which nothing is sent. The text continues a sentence that begins with the URL."""


class NotPublic(NotSent):
    """An address of the host is not public."""


class Guard:
    """Connects to public addresses only. With `allows_loopback`, for development, also to this machine's own."""

    def __init__(
        self, *, allows_loopback: bool = False, resolve: Resolve = resolve, trust: Callable[[], Trust] | None = None
    ) -> None:
        """`resolve` and `trust` replace the system's."""
        self._allows_loopback = allows_loopback
        self._resolve = resolve
        self._trust = trust

    def check(self, url: str) -> Url:
        """Return the parts of a URL. Raises NotAllowed for one that no request may go to, whatever its name means."""
        if len(url) > MAX_URL:
            raise NotAllowed(f"must have at most {MAX_URL} characters")
        if "#" in url or "\\" in url:
            raise NotAllowed("must have no fragment and no backslash")
        try:
            place = parse_url(url)
        except ValueError:
            raise NotAllowed("must be of the form https://host[:port]/path, without a user name") from None
        if len(place.host) > MAX_HOST:
            raise NotAllowed(f"must have a host of at most {MAX_HOST} characters")
        is_here = self._allows_loopback and _names_loopback(place.host)
        if not place.is_encrypted and not is_here:
            raise NotAllowed("must begin with https://")
        if place.port < LEAST_FREE_PORT and place.port != HTTPS_PORT and not is_here:
            raise NotAllowed(f"must have the port {HTTPS_PORT}, or one from {LEAST_FREE_PORT}")
        address = _address(place.host)
        if address is not None and not self._permits(address):
            raise NotAllowed("must have a public address")
        return place

    def connect(self, place: Url, deadline: float) -> Connection:
        """Return a connection to where a URL leads, under the name of its host.

        Raises NotPublic, NoAddress or NotSent.
        """
        found = self._resolve(place.host, place.port, deadline)
        addresses = [ip_address(str(one[4][0]).partition("%")[0]) for one in found]
        if not all(map(self._permits, addresses)):
            raise NotPublic(f"{place.host} has an address that is not public")
        if not place.is_encrypted and not all(map(_is_loopback, addresses)):
            raise NotPublic(f"{place.host} is not this machine")
        return connect_to(found, place.host, self._trusted() if place.is_encrypted else None, deadline)

    def _permits(self, address: IPv4Address | IPv6Address) -> bool:
        return is_public(address) or (self._allows_loopback and _is_loopback(address))

    def _trusted(self) -> Trust:
        if self._trust is not None:
            return self._trust()
        from shopkeeper.net.request import system_trust

        return system_trust()


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an address is one of the public internet."""
    if any(address in network for network in _SPECIAL):
        return False
    return isinstance(address, IPv4Address) or address in _GLOBAL_UNICAST


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host is written as, None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _names_loopback(host: str) -> bool:
    """Return whether a host is loopback by its name alone (RFC 6761, section 6.3)."""
    address = _address(host)
    return host == "localhost" or host.endswith(".localhost") if address is None else _is_loopback(address)


def _is_loopback(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in _LOOPBACK)
