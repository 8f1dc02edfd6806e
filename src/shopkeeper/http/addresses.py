"""Network addresses of clients, as limits count them."""

import _socket  # `socket` takes a twentieth of a cold start

_MAPPED = b"\0" * 10 + b"\xff\xff"
"""The first 12 bytes of an IPv4 address that is written as IPv6 (RFC 4291, section 2.5.5.2)."""

_NETWORK_BYTES = 8


def network_of(address: str) -> str:
    """Return what stands for the client at an address: an IPv4 address, or the first 64 bits of an IPv6 address.

    A host can choose any address of its IPv6 network, which has 64 bits (RFC 4291, section 2.5.4). Text that is no
    address stands for itself.
    """
    if ":" not in address:
        return address
    try:
        packed = _socket.inet_pton(_socket.AF_INET6, address.partition("%")[0])
    except (OSError, ValueError):
        return address
    if packed.startswith(_MAPPED):
        return _socket.inet_ntop(_socket.AF_INET, packed[len(_MAPPED) :])
    return _socket.inet_ntop(_socket.AF_INET6, packed[:_NETWORK_BYTES] + bytes(_NETWORK_BYTES)) + "/64"
