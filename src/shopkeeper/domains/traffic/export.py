"""Days or months as CSV or JSON lines, each of them one piece of the answer.

CSV has a line for each count: `period,dimension,name,count`. JSON has an object on each line. An import takes both.
"""

from collections.abc import Iterable, Iterator

import msgspec

from shopkeeper.domains.traffic.dimensions import BY_LETTER
from shopkeeper.domains.traffic.reading import Labelled
from shopkeeper.domains.traffic.rollup import Rollup

CSV_HEAD = ("period", "dimension", "name", "count")
TOTALS = ("views", "uniques", "daily_uniques", "bot_views")
FORMULA = "=+-@\t\r'"
"""What a name begins with that a spreadsheet may take for a formula. Such a name gets an apostrophe before it."""


def csv_pieces(parts: Iterable[Labelled]) -> Iterator[bytes]:
    """Yield the lines of CSV (RFC 4180), those of the head first."""
    yield _csv_line(CSV_HEAD)
    for period, rollup in parts:
        lines = [_csv_line((period, name, "", str(count))) for name, count in _totals(rollup).items()]
        for dimension, counts in _dimensions(rollup):
            lines += [_csv_line((period, dimension, guarded(name), str(counts[name]))) for name in sorted(counts)]
        yield b"".join(lines)


def json_pieces(parts: Iterable[Labelled]) -> Iterator[bytes]:
    """Yield an object on a line for each period."""
    for period, rollup in parts:
        counts = {dimension: dict(sorted(counts.items())) for dimension, counts in _dimensions(rollup)}
        yield msgspec.json.encode({"period": period, **_totals(rollup), **counts}) + b"\n"


def guarded(name: str) -> str:
    """Return a name that no spreadsheet takes for a formula."""
    return f"'{name}" if name.startswith(tuple(FORMULA)) else name


def _totals(rollup: Rollup) -> dict[str, int]:
    return dict(zip(TOTALS, (rollup.views, rollup.uniques, rollup.daily_uniques, rollup.bots), strict=True))


def _dimensions(rollup: Rollup) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield the dimensions of whole days with their counts, in the order of their declaration."""
    for letter, dimension in BY_LETTER.items():
        if rollup.of(letter) and dimension.name != "minutes":
            yield dimension.name, rollup.of(letter)


def _csv_line(cells: Iterable[str]) -> bytes:
    return (",".join(map(_csv_cell, cells)) + "\r\n").encode()


def _csv_cell(text: str) -> str:
    if any(sign in text for sign in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
