"""Shopkeeper's own exports: CSV and JSON lines of days or months, with all that was counted in them."""

import re
from datetime import tzinfo
from typing import Any

import msgspec

from shopkeeper.domains.traffic.dimensions import DIMENSIONS
from shopkeeper.domains.traffic.export import CSV_HEAD, FORMULA, TOTALS
from shopkeeper.domains.traffic.importing.collecting import (
    MOST_COUNT,
    Collection,
    Faults,
    Malformed,
    day_of,
    number_of,
)
from shopkeeper.domains.traffic.importing.files import Row, Source, read_each
from shopkeeper.domains.traffic.rollup import Rollup

MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
MOST_NAME_BYTES = 1024


def read(source: Source, zone: tzinfo, faults: Faults) -> Collection:  # noqa: ARG001  # the days have their zone already
    """Return what an export counted. Raises ConfigurationError for a file of another format."""
    collection = Collection()
    for name in source.names:
        if _is_json(name):
            _read_lines(source, name, faults, collection)
        else:
            rows = source.rows(name, faults, set(CSV_HEAD))
            read_each(rows, name, faults, lambda row: _count_row(collection, row))
    for rollup in (*collection.days.values(), *collection.months.values()):
        if rollup.daily == rollup.uniques:
            rollup.daily = 0  # as it is where nothing else is known
    return collection


def _is_json(name: str) -> bool:
    return name.removesuffix(".gz").endswith((".jsonl", ".json", ".ndjson"))


def _count_row(collection: Collection, row: Row) -> None:
    period, dimension, number = row["period"], row["dimension"], number_of(row["count"])
    rollup = _rollup(collection, period)
    if dimension in TOTALS:
        _set_total(rollup, dimension, number)
    else:
        _set_count(rollup, dimension, _unguarded(row["name"]), number)


def _read_lines(source: Source, name: str, faults: Faults, collection: Collection) -> None:
    with source.text(name) as text:
        for line, content in enumerate(text, 1):
            if content.strip():
                try:
                    _read_object(collection, content)
                except Malformed as error:
                    faults.add(name, line, str(error))


def _read_object(collection: Collection, content: str) -> None:
    """Read a line whole or not at all."""
    try:
        row: Any = msgspec.json.decode(content)
    except msgspec.DecodeError:
        raise Malformed("is no JSON") from None
    if not isinstance(row, dict) or not isinstance(row.get("period"), str):
        raise Malformed("is no object with a period")
    rollup = Rollup()
    for name, value in row.items():
        if name in TOTALS:
            _set_total(rollup, name, _number(value))
        elif name != "period":
            if not isinstance(value, dict):
                raise Malformed(f"{name} is no object")
            for key, number in value.items():
                _set_count(rollup, name, key, _number(number))
    found = _rollup(collection, row["period"])
    found.views, found.uniques, found.daily, found.bots = rollup.views, rollup.uniques, rollup.daily, rollup.bots
    found.counts = rollup.counts


def _rollup(collection: Collection, period: str) -> Rollup:
    if MONTH.fullmatch(period):
        day_of(f"{period}-01")
        return collection.months.setdefault(period, Rollup())
    return collection.day(day_of(period))


def _set_total(rollup: Rollup, name: str, number: int) -> None:
    match name:
        case "views":
            rollup.views = number
        case "uniques":
            rollup.uniques = number
        case "daily_uniques":
            rollup.daily = number
        case "bot_views":
            rollup.bots = number


def _set_count(rollup: Rollup, dimension: str, name: str, number: int) -> None:
    if dimension not in DIMENSIONS or dimension == "minutes":
        raise Malformed(f"{dimension[:40]!r} is no dimension")
    if len(name.encode(errors="replace")) > MOST_NAME_BYTES:
        raise Malformed(f"a name has more than {MOST_NAME_BYTES} bytes")
    rollup.counts.setdefault(DIMENSIONS[dimension].letter, {})[name] = number


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MOST_COUNT:
        raise Malformed(f"{str(value)[:40]} is no count")
    return value


def _unguarded(name: str) -> str:
    """Return a name without the apostrophe that keeps spreadsheets from taking it for a formula."""
    return name[1:] if name[:1] == "'" and name[1:2] and name[1] in FORMULA else name
