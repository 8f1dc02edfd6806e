"""Crawlers by their user agents: the patterns of isbot, what it does not know, and whom it takes for a crawler."""

import re
from collections.abc import Callable
from functools import cache

from shopkeeper.domains.traffic.bots_data import EXPRESSIONS, LITERALS, PREFIXES

MORE = ("amazon-kendra", "amzn-user", "assetnote", "gtmetrix", "laravel reaver", "miniature.io")
"""What user agents of further crawlers contain."""

PEOPLE = (".catcher", "build/cubot", "google tv", "newsday_", "sogoumobilebrowser", "sogoumse", "xbot_")
"""Names of browsers and devices which isbot's patterns take for crawlers."""


def is_crawler(text: str) -> bool:
    """Return whether a user agent in lower case is a crawler's."""
    if not (_has_one_of(MORE, text) or fits_isbot(text)):
        return False
    rest = text
    for name in PEOPLE:
        rest = rest.replace(name, "")
    return rest == text or _has_one_of(MORE, rest) or fits_isbot(rest)


def fits_isbot(text: str) -> bool:
    """Return whether one of isbot's patterns fits a text in lower case."""
    return (
        text.startswith(PREFIXES)
        or _has_one_of(LITERALS, text)
        or any(guard in text and matches(text) for guard, matches in _expressions())
    )


def _has_one_of(parts: tuple[str, ...], text: str) -> bool:
    for part in parts:  # noqa: SIM110  # a generator takes twice as long
        if part in text:
            return True
    return False


@cache
def _expressions() -> tuple[tuple[str, Callable[[str], object]], ...]:
    return tuple((guard, _Expression(pattern)) for guard, pattern in EXPRESSIONS)


class _Expression:
    """An expression that is compiled when a text first passes its guard."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._matches: Callable[[str], object] | None = None

    def __call__(self, text: str) -> object:
        """Return a match, None if there is none."""
        if self._matches is None:
            compiled = re.compile(self._pattern, re.ASCII)
            # `search` would try an expression for the beginning at every character.
            self._matches = compiled.match if self._pattern.startswith("^") else compiled.search
        return self._matches(text)
