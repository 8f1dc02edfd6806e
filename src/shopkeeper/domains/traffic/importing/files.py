"""What is imported as files: one file, which gzip may have compressed, those of a zip archive, or those of a folder."""

import csv
import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

from shopkeeper.domains.traffic.importing.collecting import Faults, Malformed
from shopkeeper.errors import ConfigurationError

MOST_CELL = 1 << 20
Row = dict[str, str]


class Source:
    """The files of an import. `told` is called with the number of bytes that were read, and that of all bytes."""

    def __init__(self, path: Path, told: Callable[[int, int], None] = lambda _, __: None) -> None:
        """Raises ConfigurationError if there is no such file."""
        self._path = path
        self._told = told
        self._read = 0
        self._archive: ZipFile | None = None
        if not path.exists():
            raise ConfigurationError(f"There is no file {path}.")
        if path.is_file() and path.suffix == ".zip":
            try:
                self._archive = ZipFile(path)
            except BadZipFile:
                raise ConfigurationError(f"{path} is no zip archive.") from None

    @property
    def names(self) -> list[str]:
        """The names of the files, without their folders, in order."""
        if self._archive is not None:
            return sorted(info.filename for info in self._archive.infolist() if not info.is_dir())
        if self._path.is_dir():
            return sorted(path.name for path in self._path.iterdir() if path.is_file())
        return [self._path.name]

    @cached_property
    def size(self) -> int:
        """The number of all bytes, as `told` counts them."""
        if self._archive is not None:
            return sum(info.file_size for info in self._archive.infolist())
        if self._path.is_dir():
            return sum(path.stat().st_size for path in self._path.iterdir() if path.is_file())
        return self._path.stat().st_size

    def find(self, base: str) -> str | None:
        """Return the name of the file that is called `base` in whatever folder, None if there is none."""
        return next((name for name in self.names if name.rpartition("/")[2] == base), None)

    @contextmanager
    def text(self, name: str) -> Iterator[IO[str]]:
        """Open a file as text. What is not UTF-8 is replaced."""
        with self._binary(name) as raw:
            counted = io.BufferedReader(_Counted(raw, self._count))
            plain = gzip.GzipFile(fileobj=counted) if name.endswith(".gz") else counted
            with io.TextIOWrapper(plain, "utf-8-sig", errors="replace", newline="") as text:
                try:
                    yield text
                except (gzip.BadGzipFile, EOFError):
                    raise ConfigurationError(f"{name} is damaged: its compressed data ends early or is none.") from None

    def rows(self, name: str, faults: Faults, needed: set[str]) -> Iterator[tuple[int, Row]]:
        """Yield the rows of a CSV file with the line that each ends in, by the names of its head.

        Raises ConfigurationError if the head has not all that is needed.
        """
        with self.text(name) as text:
            yield from table_rows(text, name, faults, needed)

    def _count(self, size: int) -> None:
        self._read += size
        self._told(self._read, self.size)

    def _binary(self, name: str) -> IO[bytes]:
        if self._archive is not None:
            return self._archive.open(name)
        return (self._path / name if self._path.is_dir() else self._path).open("rb")


class _Counted(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, raw: IO[bytes], told: Callable[[int], None]) -> None:
        self._raw = raw
        self._told = told

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the buffer that BufferedReader gives
        data = self._raw.read(len(buffer))
        buffer[: len(data)] = data
        self._told(len(data))
        return len(data)


def table_rows(text: IO[str], name: str, faults: Faults, needed: set[str]) -> Iterator[tuple[int, Row]]:
    """Yield the rows of an open CSV file. See `Source.rows`."""
    csv.field_size_limit(MOST_CELL)
    reader = csv.reader(text, strict=True)
    try:
        head = next(reader, [])
    except csv.Error:
        head = []
    if missing := needed - set(head):
        raise ConfigurationError(f"{name} has no column {sorted(missing)[0]!r}: it is not of this format.")
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            faults.add(name, reader.line_num, str(error))
            continue
        if cells is None:
            return
        if len(cells) == len(head):
            yield reader.line_num, dict(zip(head, cells, strict=True))
        elif cells:
            faults.add(name, reader.line_num, f"has {len(cells)} fields instead of {len(head)}")


def read_each(rows: Iterator[tuple[int, Row]], name: str, faults: Faults, read: Callable[[Row], None]) -> None:
    """Read rows one by one, and note those that are malformed."""
    for line, row in rows:
        try:
            read(row)
        except Malformed as error:
            faults.add(name, line, str(error))
