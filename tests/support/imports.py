"""Files to be imported, and what an import reads of them."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from pathlib import Path

from shopkeeper.domains.traffic.importing.collecting import Collection, Faults
from shopkeeper.domains.traffic.importing.files import Source
from shopkeeper.domains.traffic.importing.formats import reader
from shopkeeper.domains.traffic.rollup import Rollup

Write = Callable[[str, str], Path]
"""Writes a file, and returns its path."""


def writing(folder: Path) -> Write:
    """Return what writes files into a folder."""

    def write(name: str, content: str) -> Path:
        path = folder / name
        path.write_text(content)
        return path

    return write


def read(kind: str, path: Path, zone: tzinfo = UTC, website: str | None = None) -> tuple[Collection, Faults]:
    """Return what was collected of a file, and its faults."""
    faults = Faults()
    return reader(kind, website)(Source(path), zone, faults), faults


def shown(rollup: Rollup) -> dict[str, object]:
    """Return the totals and counts of a roll-up by their letters."""
    return {"v": rollup.views, "u": rollup.uniques, "x": rollup.bots, **rollup.counts}
