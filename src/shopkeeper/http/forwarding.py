"""The address of a client behind proxies: `X-Forwarded-For`, and `Forwarded` (RFC 7239).

Each proxy adds the address that it was reached from at the right. Only what a trusted proxy added is believed: the
fields are read from the right, and what is left of the first address that is not trusted may be anything.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]

MOST_CHARACTERS = 2000
"""How much of a field is read, from the right. It is enough for 40 proxies."""

_NODE = re.compile(r"\[([^\]]*)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}|([^\[\]]+)")
"""An address with or without a port; one of IPv6 is in brackets if there is a port (RFC 7239, section 6)."""

_PARAMETER = re.compile(r'\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)=("(?:[^"\\]|\\.)*"|[^\s";,]*)\s*(?:;|$)')


def client_address(socket_address: str, headers: Mapping[str, str], trusted: Networks) -> str:
    """Return the address of the client that a request comes from.

    Without trusted proxies, or if the socket's address is not one of theirs, that is the socket's address. Otherwise
    it is the right-most forwarded address that is not trusted. If a trusted proxy does not tell an address, the
    client's address is the proxy's. `headers` have names in lower case, and repeated fields as one list.

    Most proxies write one of the two fields and pass the other on as the client sent it. So if both are there and
    differ, neither is believed, and the client's address is that of the nearest proxy.
    """
    if not is_trusted(socket_address, trusted):
        return socket_address
    found = set()
    if "x-forwarded-for" in headers:
        nodes = reversed(_end_of(headers["x-forwarded-for"]).split(","))
        found.add(_rightmost(socket_address, nodes, trusted))
    if "forwarded" in headers:
        found.add(_rightmost(socket_address, map(_for, _elements(_end_of(headers["forwarded"]))), trusted))
    return found.pop() if len(found) == 1 else socket_address


def is_trusted(socket_address: str, trusted: Networks) -> bool:
    """Tell whether an address is one of some networks."""
    return bool(trusted) and _is_trusted(_parse(socket_address), trusted)


def _rightmost(nearest: str, nodes: Iterable[str], trusted: Networks) -> str:
    """Return the first address that is not trusted, or the last one before something that is no address."""
    reached = nearest
    for node in nodes:
        address = _parse(node)
        if address is None:
            break
        reached = str(address)
        if not _is_trusted(address, trusted):
            break
    return reached


@lru_cache(maxsize=1024)
def _parse(node: str) -> Address | None:
    """Return the address of a node, None for what is no address, such as `unknown` and obfuscated names."""
    match = _NODE.fullmatch(node.strip())
    if match is None:
        return None
    try:
        address = ip_address(match[1] or match[2] or match[3])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return None
        return address.ipv4_mapped or address
    return address


def _is_trusted(address: Address | None, trusted: Networks) -> bool:
    return address is not None and any(address in network for network in trusted)


def _end_of(text: str) -> str:
    """Return the last elements of a field, all of them unless it is very long."""
    return text if len(text) <= MOST_CHARACTERS else text[-MOST_CHARACTERS:].partition(",")[2]


def _elements(text: str) -> Iterator[str]:
    """Yield the elements of `Forwarded`, from the right. A comma in a quoted string ends none.

    A quotation mark that a client left open is at the left of what a proxy added, and changes nothing there.
    """
    end = len(text)
    quoted = False
    for position in range(len(text) - 1, -1, -1):
        if text[position] == '"' and not _is_escaped(text, position):
            quoted = not quoted
        elif text[position] == "," and not quoted:
            yield text[position + 1 : end]
            end = position
    yield text[:end]


def _is_escaped(text: str, position: int) -> bool:
    """Tell whether an odd number of backslashes is before a position."""
    first = position
    while first > 0 and text[first - 1] == "\\":
        first -= 1
    return (position - first) % 2 == 1


def _for(element: str) -> str:
    """Return the value of the parameter `for` of an element, an empty text if it has not exactly one."""
    values, position = [], 0
    while position < len(element):
        match = _PARAMETER.match(element, position)
        if match is None:
            return ""
        if match[1].lower() == "for":
            values.append(match[2])
        position = match.end()
    if len(values) != 1:
        return ""
    (value,) = values
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
