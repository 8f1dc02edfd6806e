"""Referrers that spammers send, so that owners look at their sites."""

from functools import cache

from shopkeeper.domains.traffic.spam_data import DOMAINS, PARTS


def is_spam(host: str) -> bool:
    """Return whether a referrer's host is a spammer's: one of DOMAINS, below one, or with one of PARTS in its name."""
    name = host.lower().rstrip(".")
    if any(part in name for part in PARTS):
        return True
    while name:
        if name in _domains():
            return True
        name = name.partition(".")[2]
    return False


@cache
def _domains() -> frozenset[str]:
    return frozenset(DOMAINS.split())
