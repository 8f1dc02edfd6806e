"""Referrers of spammers."""

import pytest

from shopkeeper.domains.traffic.spam import is_spam
from shopkeeper.domains.traffic.spam_data import DOMAINS, PARTS


@pytest.mark.parametrize(
    "host",
    [
        "semalt.com",
        "12.semalt.com",
        "forum.topic58513482.darodar.com",
        "SUCCESS-SEO.com",
        "www.success-seo.com",
        "success-seo.com.",
        "buttons-for-website.com",
        "xn--oogle-wmc.com",
        "secret.xn--oogle-wmc.com",
    ],
)
def test_a_spammers_host_and_those_below_it_are_spam(host: str) -> None:
    assert is_spam(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "com",
        "google.com",
        "news.ycombinator.com",
        "notsuccess-seo.com",
        "success-seo.com.example.com",
        "localhost",
    ],
)
def test_other_hosts_are_not(host: str) -> None:
    assert not is_spam(host)


def test_every_host_of_the_list_is_one_and_needed() -> None:
    domains = DOMAINS.split()
    assert domains == sorted(set(domains))
    for domain in domains:
        assert is_spam(domain)
        assert domain == domain.lower()
        assert "." in domain
        assert not any(part in domain for part in PARTS), f"{domain} is covered by PARTS"
