"""The address of a client behind proxies: which of what is forwarded is believed."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.http.forwarding import client_address

PROXY, INNER, OUTER = "127.0.0.1", "10.0.0.7", "2001:db8:ffff::1"
TRUSTED = tuple(ip_network(text) for text in ("127.0.0.1", "10.0.0.0/8", "2001:db8:ffff::/48"))
CLIENT = "203.0.113.9"

X = "x-forwarded-for"
F = "forwarded"

TABLE: dict[str, tuple[dict[str, str], str]] = {
    "nothing is forwarded": ({}, PROXY),
    "one address": ({X: CLIENT}, CLIENT),
    "an address of IPv6": ({X: "2001:db8::9"}, "2001:db8::9"),
    "an address of IPv6 in capitals": ({X: "2001:DB8:0::9"}, "2001:db8::9"),
    "an address of IPv4 in IPv6": ({X: "::ffff:203.0.113.9"}, CLIENT),
    "a port": ({X: "203.0.113.9:4711"}, CLIENT),
    "brackets": ({X: "[2001:db8::9]"}, "2001:db8::9"),
    "brackets and a port": ({X: "[2001:db8::9]:4711"}, "2001:db8::9"),
    "the client says something itself": ({X: f"1.1.1.1, {CLIENT}"}, CLIENT),
    "the client names a trusted proxy": ({X: f"{INNER}, {CLIENT}"}, CLIENT),
    "two proxies": ({X: f"1.1.1.1, {CLIENT}, {INNER}"}, CLIENT),
    "three proxies": ({X: f"{CLIENT}, {OUTER}, {INNER}"}, CLIENT),
    "a trusted proxy in IPv4 in IPv6": ({X: f"{CLIENT}, ::ffff:{INNER}"}, CLIENT),
    "none but trusted ones": ({X: f"10.0.0.9, {INNER}"}, "10.0.0.9"),
    "unknown": ({X: "unknown"}, PROXY),
    "unknown behind a proxy": ({X: f"{CLIENT}, unknown, {INNER}"}, INNER),
    "an obfuscated name": ({X: "_hidden"}, PROXY),
    "an empty field": ({X: ""}, PROXY),
    "an empty element": ({X: f"{CLIENT},"}, PROXY),
    "a name": ({X: "client.example"}, PROXY),
    "a number": ({X: "3405803785"}, PROXY),
    "leading zeros": ({X: "203.0.113.009"}, PROXY),
    "a zone": ({X: "fe80::1%eth0"}, PROXY),
    "half a bracket": ({X: "[2001:db8::9"}, PROXY),
    "text after brackets": ({X: "[2001:db8::9]x"}, PROXY),
    "quotation marks": ({X: f'"{CLIENT}"'}, PROXY),
    "bytes beyond ASCII": ({X: "203.0.113.٩"}, PROXY),
    "a replacement": ({X: "\N{REPLACEMENT CHARACTER}"}, PROXY),
    "Forwarded": ({F: f"for={CLIENT}"}, CLIENT),
    "Forwarded with other parameters": ({F: f"by={INNER};For={CLIENT};proto=https;host=a"}, CLIENT),
    "Forwarded with spaces": ({F: f" for={CLIENT} ; proto=https "}, CLIENT),
    "Forwarded with a port": ({F: f'for="{CLIENT}:4711"'}, CLIENT),
    "Forwarded with IPv6": ({F: 'for="[2001:db8::9]"'}, "2001:db8::9"),
    "Forwarded with IPv6 and a port": ({F: 'for="[2001:db8::9]:4711"'}, "2001:db8::9"),
    "Forwarded with a pair that need not be quoted": ({F: 'for="\\203.0.113.9"'}, CLIENT),
    "Forwarded by two proxies": ({F: f"for=1.1.1.1, for={CLIENT}, for={INNER}"}, CLIENT),
    "Forwarded with unknown": ({F: f"for={CLIENT}, for=unknown"}, PROXY),
    "Forwarded with an obfuscated name": ({F: 'for="_gazonk"'}, PROXY),
    "Forwarded without for": ({F: f"for={CLIENT}, proto=https"}, PROXY),
    "Forwarded with for twice": ({F: f"for=1.1.1.1;for={CLIENT}"}, PROXY),
    "Forwarded with a quoted comma": ({F: f'for={CLIENT};host="a, for=1.1.1.1"'}, CLIENT),
    "Forwarded with a quoted semicolon": ({F: f'host="a;for=1.1.1.1";for={CLIENT}'}, CLIENT),
    "Forwarded with a quoted quotation mark": ({F: f'for={CLIENT};host="a\\", for=1.1.1.1"'}, CLIENT),
    "Forwarded after a quotation mark that is open": ({F: f'for="1.1.1.1, for={CLIENT}'}, CLIENT),
    "Forwarded after an escaped one": ({F: f'for="1.1.1.1\\", for={CLIENT}'}, CLIENT),
    "Forwarded that is garbage": ({F: "=;;,"}, PROXY),
    "both, and they agree": ({X: CLIENT, F: f"for={CLIENT}"}, CLIENT),
    "both, and they agree after two proxies": ({X: f"{CLIENT}, {INNER}", F: f"for={CLIENT}"}, CLIENT),
    "both, and they differ": ({X: CLIENT, F: "for=1.1.1.1"}, PROXY),
    "both, and one is garbage": ({X: CLIENT, F: "for=unknown"}, PROXY),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_right_most_address_that_is_not_trusted_counts(case: str) -> None:
    headers, expected = TABLE[case]
    assert client_address(PROXY, headers, TRUSTED) == expected


@pytest.mark.parametrize("socket_address", [CLIENT, "192.168.0.1", "::1", "2001:db8::1", "", "unix"])
@pytest.mark.parametrize("case", TABLE)
def test_who_is_not_a_trusted_proxy_says_nothing_of_others(case: str, socket_address: str) -> None:
    headers, _ = TABLE[case]
    assert client_address(socket_address, headers, TRUSTED) == socket_address


@pytest.mark.parametrize("case", TABLE)
def test_without_trusted_proxies_the_sockets_address_counts(case: str) -> None:
    headers, _ = TABLE[case]
    assert client_address(PROXY, headers, ()) == PROXY


def test_a_proxy_is_trusted_however_its_address_is_written() -> None:
    assert client_address("::ffff:127.0.0.1", {X: CLIENT}, TRUSTED) == CLIENT


ANYTHING = st.text(max_size=200) | st.text('1.:[]",;\\= for=abcdef', max_size=200)
ADDRESSES = st.ip_addresses().filter(
    lambda address: not any(address in network for network in TRUSTED) and getattr(address, "ipv4_mapped", None) is None
)


@given(before=ANYTHING, client=ADDRESSES, proxies=st.lists(st.sampled_from([INNER, OUTER]), max_size=3))
def test_whatever_a_client_sends_it_does_not_choose_its_address(
    before: str, client: object, proxies: list[str]
) -> None:
    appended = ", ".join([str(client), *proxies])
    assert client_address(PROXY, {X: f"{before}, {appended}"}, TRUSTED) == str(client)
    nodes = [f'for="[{node}]"' if ":" in node else f"for={node}" for node in (str(client), *proxies)]
    assert client_address(PROXY, {F: f"{before}, {', '.join(nodes)}"}, TRUSTED) == str(client)


@given(sent=ANYTHING, client=ADDRESSES)
def test_a_field_that_the_proxy_passes_on_as_it_is_chooses_no_other_address(sent: str, client: object) -> None:
    told = f"[{client}]" if ":" in str(client) else str(client)
    assert client_address(PROXY, {X: str(client), F: sent}, TRUSTED) in (str(client), PROXY)
    assert client_address(PROXY, {F: f'for="{told}"', X: sent}, TRUSTED) in (str(client), PROXY)


@given(st.dictionaries(st.sampled_from([X, F]), ANYTHING))
def test_no_header_is_a_fault_of_ours(headers: dict[str, str]) -> None:
    assert client_address(PROXY, headers, TRUSTED)


def test_of_a_long_field_the_end_is_read() -> None:
    for before in ("x" * 5000 + ",", "10.0.0.1," * 500, '"' * 5001, '\\"' * 5000 + ","):
        assert client_address(PROXY, {X: f"{before},{CLIENT}, {INNER}"}, TRUSTED) == CLIENT
        assert client_address(PROXY, {F: f"{before},for={CLIENT}, for={INNER}"}, TRUSTED) == CLIENT
    inner = f"{INNER}," * 500
    assert client_address(PROXY, {X: f"{CLIENT},{inner}{INNER}"}, TRUSTED) == INNER
    assert client_address(PROXY, {X: "1" * 3000}, TRUSTED) == PROXY
