"""What an import gathers before it writes anything: roll-ups by day and month, and the lines that cannot be read."""

from collections.abc import Callable, Hashable, Mapping
from datetime import date

import msgspec

from shopkeeper.domains.traffic.dimensions import DIMENSIONS, OTHER
from shopkeeper.domains.traffic.periods import FIRST_YEAR
from shopkeeper.domains.traffic.rollup import Rollup

MOST_NAMED = 20
"""The faults that are named one by one. All are counted."""

MOST_PATH_BYTES = 512
MOST_NAME_BYTES = 128
MOST_COUNT = 10**12


class Malformed(ValueError):
    """A line cannot be read. The text says why."""


class Faults:
    """The lines that could not be read."""

    def __init__(self) -> None:
        self.count = 0
        self.named: list[str] = []

    def add(self, file: str, line: int, why: str) -> None:
        """Note a line of a file."""
        self.count += 1
        if len(self.named) < MOST_NAMED:
            self.named.append(f"{file}, line {line}: {why}")


class Collection:
    """What was counted, by day and by month."""

    def __init__(self) -> None:
        self.days: dict[str, Rollup] = {}
        self.months: dict[str, Rollup] = {}

    def day(self, day: str) -> Rollup:
        """Return the roll-up of a day, to be counted in."""
        return self.days.setdefault(day, Rollup())


class View(msgspec.Struct, frozen=True):
    """A view of a person. `visit` is what a visitor sees at one time; its first view is an entry.

    What is not known is an empty text, and counted as other.
    """

    at: str
    day: str
    visitor: Hashable
    visit: Hashable
    path: str
    source: str = OTHER
    campaign: str = ""
    country: str = OTHER
    browser: str = OTHER
    system: str = OTHER
    width: str = ""


class Views:
    """Counts single views, of which the first one of each visit is an entry. They may come in any order."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._first: dict[Hashable, View] = {}
        self._visitors: dict[str, set[Hashable]] = {}

    def add(self, view: View) -> None:
        """Count a view."""
        day = self._collection.day(view.day)
        day.views += 1
        count(day, "pages", view.path)
        self._visitors.setdefault(view.day, set()).add(view.visitor)
        first = self._first.get(view.visit)
        if first is None or view.at < first.at:
            self._first[view.visit] = view

    def finish(self, told: Callable[[View], Mapping[str, str]] = lambda _: {}) -> None:
        """Count the entries and the visitors, once all views were added. `told` returns what else is known of one."""
        for day, visitors in self._visitors.items():
            self._collection.day(day).uniques = len(visitors)
        for first in self._first.values():
            view = msgspec.structs.replace(first, **told(first))
            day_of_entry = self._collection.day(view.day)
            for dimension, name in (
                ("entries", view.path),
                ("sources", view.source),
                ("countries", view.country),
                ("browsers", view.browser),
                ("systems", view.system),
            ):
                count(day_of_entry, dimension, name)
            for dimension, name in (("campaigns", view.campaign), ("widths", view.width)):
                if name:
                    count(day_of_entry, dimension, name)


def count(rollup: Rollup, dimension: str, name: str, number: int = 1) -> None:
    """Count a name in a dimension."""
    counts = rollup.counts.setdefault(DIMENSIONS[dimension].letter, {})
    counts[name] = counts.get(name, 0) + number


def path_of(text: str) -> str:
    """Return a path as it is counted: without its query, printable, and cut to 512 bytes."""
    path = shown(text.partition("?")[0].partition("#")[0], MOST_PATH_BYTES)
    return path if path.startswith("/") else shown(f"/{path}", MOST_PATH_BYTES)


def name_of(text: str) -> str:
    """Return a name as it is counted: printable, and cut to 128 bytes."""
    return shown(text, MOST_NAME_BYTES)


def shown(text: str, most: int) -> str:
    """Return the printable signs of a text, without spaces around them, cut to so many bytes."""
    line = "".join(sign if sign.isprintable() else " " for sign in text).strip()
    return line.encode(errors="replace")[:most].decode(errors="ignore")


def number_of(text: str) -> int:
    """Return a count. Raises Malformed."""
    if not (text.isascii() and text.isdigit()) or int(text) > MOST_COUNT:
        raise Malformed(f"{text[:40]!r} is no count")
    return int(text)


def day_of(text: str) -> str:
    """Return a date as it is written in keys. Raises Malformed."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Malformed(f"{text[:40]!r} is no date") from None
    if day.year < FIRST_YEAR:
        raise Malformed(f"{text} is before the year {FIRST_YEAR}")
    return day.isoformat()
