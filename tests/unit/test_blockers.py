"""Lists of blockers, as far as they could mean the paths that hits and the script have.

The rules are the nearest ones in the part of EasyPrivacy that was read (easyprivacy_general.txt, which blocks names on
any site; November 2026, not the whole list), in the syntax of Adblock Plus: `*` is any text, and what is not anchored
may stand anywhere in the address. Lists change: a path that is blocked one day is renamed by `HIT_PATH`.
"""

import re

import pytest

RULES = (
    "/hit-counter.",
    "/hit.asp?",
    "/hit.c?",
    "/hit.gif?hash=",
    "/hit.php?",
    "/hit.png?",
    "/hit.t?",
    "/hit/?r=",
    "/hit/tracker",
    "/hit?t=*&__seed=",
    "/hit?time=",
    "/hit_count?",
    "/hitcount?",
    "/hits/logger?",
    "/i.gif?",
    "/js/counter.js?",
    "/log?ref=",
    "/matomo.php",
    "/pageview/pixel?",
    "/track/pageview?",
    "://top.*/hit/",
)

ADDRESSES: list[tuple[str, str | None]] = [
    # what a page asks for, and the rule that blocks it
    ("https://api.example.com/hit", None),
    ("https://api.example.com/hit.gif?p=/&r=", None),
    ("https://api.example.com/shop.js", None),
    ("https://api.example.com/prod/shop.js", None),
    ("https://api.example.com/counter", None),
    ("https://api.example.com/counter?key=visits", None),
    ("https://api.example.com/counter.txt", None),
    ("https://api.example.com/counter/about.svg?label=hits", None),
    # HIT_PATH=/seen
    ("https://api.example.com/seen", None),
    ("https://api.example.com/seen.gif?p=/&r=", None),
    # names that had better not be chosen, and what others use
    ("https://api.example.com/i.gif?p=/&r=", "/i.gif?"),
    ("https://api.example.com/hit.gif?hash=1", "/hit.gif?hash="),
    ("https://api.example.com/track/pageview?p=/", "/track/pageview?"),
    ("https://top.example.com/hit/", "://top.*/hit/"),
    ("https://stats.example.com/matomo.php", "/matomo.php"),
]


def blocks(rule: str, address: str) -> bool:
    """Tell whether a rule without options or anchors means an address. Case does not matter."""
    return re.search(".*".join(map(re.escape, rule.split("*"))), address, re.IGNORECASE) is not None


@pytest.mark.parametrize(("address", "by"), ADDRESSES)
def test_no_rule_means_an_address_of_ours(address: str, by: str | None) -> None:
    assert next((rule for rule in RULES if blocks(rule, address)), None) == by
