"""Checks of settings: each takes the text of a variable, and returns the value that it means."""

from __future__ import annotations  # a cold start evaluates none

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from shopkeeper.net.smtp_url import SmtpServer

T = TypeVar("T")
Word = TypeVar("Word", bound=str)
Check = Callable[[str], T]
"""Returns the value that a text means. Raises ValueError, whose text says what the variable must be."""


def one_of(choices: tuple[Word, ...]) -> Check[Word]:
    """Return a check for one of several words."""

    def check(text: str) -> Word:
        for choice in choices:
            if choice == text:
                return choice
        raise ValueError(f"must be {', '.join(choices[:-1])} or {choices[-1]}")

    return check


def whole_number(least: int, most: int, unit: str) -> Check[int]:
    """Return a check for a whole number of a unit, within bounds."""

    def check(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= most:
            raise ValueError(f"must be a number of {unit} from {least} to {most}")
        return int(text)

    return check


class Matching:
    """A check for a text that matches a pattern; an empty one stays empty."""

    def __init__(self, pattern: str, what: str) -> None:
        self._pattern = pattern
        self._what = what

    def __call__(self, text: str) -> str:
        """Return the text. Raises ValueError, as every check."""
        if text and not re.fullmatch(self._pattern, text):
            raise ValueError(f"must be {self._what}")
        return text

    def known(self, text: str) -> str:
        """Return the value of a text that is known to be good, for which no pattern must be compiled."""
        return text


class Several:
    """A check for texts with commas between, each of which matches a pattern."""

    def __init__(self, pattern: str, what: str) -> None:
        self._pattern = pattern
        self._what = what

    def __call__(self, text: str) -> tuple[str, ...]:
        """Return the texts. Raises ValueError, as every check."""
        parts = self.known(text)
        if not all(re.fullmatch(self._pattern, part) for part in parts):
            raise ValueError(f"must be {self._what}")
        return parts

    def known(self, text: str) -> tuple[str, ...]:
        """Return the value of a text that is known to be good, see `Matching.known`."""
        return tuple(part.strip() for part in text.split(",") if part.strip())


def optional(check: Check[T]) -> Check[T | None]:
    """Return a check that takes an empty text for None."""
    return lambda text: check(text) if text else None


def port(text: str) -> int | None:
    """Check for the number of a TCP port."""
    if text and (not text.isascii() or not text.isdigit() or len(text) > 5 or not 1 <= int(text) <= 65535):
        raise ValueError("must be the number of a port from 1 to 65535")
    return int(text) if text else None


def aws_region(text: str) -> str:
    """Check for the name of an AWS region."""
    # Without a pattern: every function has a region, and to compile one takes longer than to read all settings.
    parts = text.split("-")
    named = len(parts[0]) > 1 and parts[0].isalpha() and len(parts) > 1
    if not named or not text.isascii() or text != text.lower() or not all(part.isalnum() for part in parts):
        raise ValueError("must be an AWS region such as us-east-1")
    return text


def flag(text: str) -> bool:
    """Check for `true` or `false`."""
    return one_of(("true", "false"))(text) == "true"


def on_or_off(text: str) -> bool:
    """Check for `on` or `off`."""
    return one_of(("on", "off"))(text) == "on"


def smtp_url(text: str) -> SmtpServer | None:
    """Check for the URL of an SMTP server."""
    if not text:
        return None
    from shopkeeper.net.smtp_url import parse_smtp_url  # most functions send no mail

    return parse_smtp_url(text)


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Check for IP addresses or networks with commas between."""
    if not text:
        return ()
    from ipaddress import ip_network  # a function of Lambda never has any

    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError(
            "must be IP addresses or networks such as 127.0.0.1 or 10.0.0.0/8, with commas between"
        ) from None
