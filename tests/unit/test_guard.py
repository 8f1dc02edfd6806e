"""Requests that strangers ask for reach public addresses and nothing else."""

import _socket
import socket
import threading
import time
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import trustme

from shopkeeper.net.connection import NoAddress, NotSent
from shopkeeper.net.guard import SPECIAL, Guard, NotAllowed, NotPublic, is_public
from shopkeeper.net.tls import TrustStore
from shopkeeper.net.url import Url, parse_url
from tests.support.tls import TlsServer

SECONDS = 20.0

REFUSED = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.1.2.3"),
    *("169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1"),
    *("192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "192.175.48.1", "198.18.0.1"),
    *("198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "64:ff9b:1:ffff::1", "100::1", "100:0:0:1::1"),
    *("2001::1", "2001:0:7f00:1::", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff::1", "2001:db8::1"),
    *("2002:7f00:1::", "2002:808:808::1", "2620:4f:8000::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1"),
    *("8000::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "feff::1"),
    *("ff02::1", "ff0e::1", "1::1", "1fff::1"),
]
"""Addresses that no request may go to: the first and last of ranges, and those that contain addresses of IPv4."""

PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"),
    *("128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255"),
    *("192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0", "223.255.255.255"),
    *("2000::1", "2001:200::1", "2001:4860:4860::8888", "2003::1", "2606:4700::1111", "2a00::1", "3ffe::1"),
]


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_of_a_special_range_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_beside_the_special_ranges_is_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_every_special_range_is_closed_from_its_first_address_to_its_last_and_has_an_example() -> None:
    for written in SPECIAL:
        network = ip_network(written)
        assert not is_public(network[0])
        assert not is_public(network[-1])
        assert any(ip_address(address.partition("%")[0]) in network for address in REFUSED), written


# URLs


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com/", "ftp://example.com/", "gopher://example.com/", "file:///etc/passwd", "example.com"),
        *("https://", "https:///path", "//example.com/", "https://user@example.com/", "https://u:p@example.com/"),
        *("https://example.com:22/", "https://example.com:25/", "https://example.com:80/", "https://example.com:0/"),
        *("https://example.com:99999/", "https://example.com:x/", "https://example.com/#top", "https://a\\b.com/"),
        *("https://exa mple.com/", "https://example.com/\n", "https://example.com/\r\nX: y", "https://exämple.com/"),
        *("https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::"),
        *("https://169.254.169.254/latest/meta-data", "https://[fe80::1%25eth0]/", "https://[64:ff9b::7f00:1]/"),
        *("http://localhost/", "http://127.0.0.1:8000/", "https://example.com/" + "a" * 2000),
        "https://" + "a" * 254 + "/",
    ],
)
def test_a_url_to_which_nothing_may_be_sent_is_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        Guard().check(url)


@pytest.mark.parametrize(
    "url",
    [
        *("https://example.com", "https://example.com/hooks?a=b", "https://example.com:443/", "https://8.8.8.8/"),
        *(
            "https://example.com:8443/",
            "https://example.com:1024/",
            "https://[2606:4700::1111]/",
            "HTTPS://EXAMPLE.com",
        ),
    ],
)
def test_an_https_url_of_a_public_host_is_allowed(url: str) -> None:
    assert Guard().check(url).is_encrypted


@pytest.mark.parametrize(
    "url",
    ["http://localhost:9000/", "http://127.0.0.1/", "http://[::1]:9000/", "https://localhost/", "http://a.localhost/"],
)
def test_loopback_is_allowed_for_development_alone(url: str) -> None:
    assert Guard(allows_loopback=True).check(url).target == "/"
    with pytest.raises(NotAllowed):
        Guard().check(url.replace("https://localhost/", "https://127.0.0.1/"))


@pytest.mark.parametrize(
    "url", ["http://example.com/", "http://10.0.0.1/", "https://10.0.0.1/", "http://localhost.com/"]
)
def test_development_allows_nothing_else(url: str) -> None:
    with pytest.raises(NotAllowed):
        Guard(allows_loopback=True).check(url)


# Names


def found(*addresses: str, port: int = 443) -> list[Any]:
    """Return addresses as the resolver does."""
    families = {4: socket.AF_INET, 6: socket.AF_INET6}
    return [(families[ip_address(one).version], socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]


def connect(guard: Guard, url: str = "https://shop.example/", seconds: float = SECONDS) -> Any:
    return guard.connect(parse_url(url), time.monotonic() + seconds)


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["2606:4700::1111", "fe80::1"]])
def test_a_name_with_any_address_that_is_not_public_is_not_called(addresses: list[str]) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, ends: float) -> Sequence[Any]:
        asked.append(host)
        return found(*addresses)

    with pytest.raises(NotPublic):
        connect(Guard(resolve=resolve))
    assert asked == ["shop.example"]


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
def test_other_ways_to_write_an_address_of_this_machine_lead_nowhere(host: str) -> None:
    with pytest.raises(NotSent):
        connect(Guard(), f"https://{host}/")


def test_in_development_http_leads_to_this_machine_alone() -> None:
    guard = Guard(allows_loopback=True, resolve=lambda *_: found("8.8.8.8"))
    with pytest.raises(NotPublic):
        connect(guard, "http://localhost/")


@pytest.fixture
def authority(tmp_path: Path) -> tuple[trustme.CA, TrustStore]:
    one = trustme.CA()
    one.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return one, TrustStore(str(tmp_path / "ca.pem"))


def test_a_name_is_resolved_once_and_called_at_that_address_under_its_name(
    authority: tuple[trustme.CA, TrustStore],
) -> None:
    """Rebinding: a name's server that answers otherwise the second time is not asked a second time."""
    issuer, trust = authority
    server = TlsServer(issuer, "shop.example")
    answers = iter([found("127.0.0.1", port=server.port), found("10.0.0.1")])
    guard = Guard(allows_loopback=True, resolve=lambda *_: next(answers), trust=lambda: trust)
    connect(guard, f"https://shop.example:{server.port}/").close()
    assert server.asked == ["shop.example"]
    with pytest.raises(NotPublic):
        connect(guard)
    server.close()


def test_a_certificate_for_another_name_is_refused(authority: tuple[trustme.CA, TrustStore]) -> None:
    issuer, trust = authority
    server = TlsServer(issuer, "other.example")
    guard = Guard(allows_loopback=True, resolve=lambda *_: found("127.0.0.1", port=server.port), trust=lambda: trust)
    with pytest.raises(NotSent, match="certificate"):
        connect(guard, f"https://shop.example:{server.port}/")
    server.close()


def test_a_resolver_that_hangs_is_waited_for_until_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hangs(*_: object, **__: object) -> list[Any]:
        released.wait(30)
        return found("8.8.8.8")

    monkeypatch.setattr(_socket, "getaddrinfo", hangs)
    with pytest.raises(NoAddress, match="slow"):
        connect(Guard(), seconds=0.2)
    assert not released.is_set()
    released.set()


def test_parts_of_a_url_are_those_that_are_connected_to() -> None:
    assert Guard().check("https://Shop.Example:8443/a?b") == Url(
        host="shop.example", port=8443, is_encrypted=True, host_field="shop.example:8443", target="/a?b"
    )
