"""The rows of tables in a dump of PostgreSQL or MySQL: those of COPY, and those of INSERT.

Sources: PostgreSQL's documentation, "COPY", text format, and "String Constants"; MySQL's Reference Manual, "String
Literals". A dump of MySQL has its names in backticks, and backslashes are escapes in its texts.
"""

import re
from collections.abc import Iterator
from typing import IO

from shopkeeper.domains.traffic.importing.collecting import Faults, Malformed
from shopkeeper.domains.traffic.importing.files import Row

_NAME = r"(?:[A-Za-z_]+\.|\"[^\"]+\"\.|`[^`]+`\.)?[\"`]?([A-Za-z_]+)[\"`]?"
_COPY = re.compile(rf"COPY {_NAME} \(([^)]*)\) FROM stdin;", re.IGNORECASE)
_INSERT = re.compile(rf"INSERT (?:IGNORE )?INTO {_NAME}", re.IGNORECASE)
_VALUES = re.compile(r"\s*(?:\(([^)]*)\))?\s*VALUES\s*", re.IGNORECASE)
_CREATE = re.compile(rf"CREATE TABLE (?:IF NOT EXISTS )?{_NAME}\s*\(", re.IGNORECASE)
_COLUMN = re.compile(r"\s*[\"`]([A-Za-z0-9_]+)[\"`] ")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SIGNS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_VALUE = re.compile(r"'((?:[^']|'')*)'(?:::[a-z ]+)?|([^\s,()']+)")
_VALUE_OF_MYSQL = re.compile(r"(?:_[a-z0-9]+ )?'((?:[^'\\]|\\.|'')*)'|([^\s,()']+)", re.DOTALL)
_BETWEEN = re.compile(r"\s*")

MOST_STATEMENT = 64 * 1024 * 1024
"""The largest statement that is read, in characters."""

TableRow = tuple[str, int, Row]
"""The name of a table, the line where a row is, and the row. NULL is an empty text."""


def dump_rows(text: IO[str], name: str, faults: Faults, tables: frozenset[str]) -> Iterator[TableRow]:
    """Yield the rows of some tables of a dump, in its order."""
    columns: dict[str, list[str]] = {}
    lines = enumerate(text, 1)
    for number, line in lines:
        if found := _COPY.match(line):
            yield from _copied(lines, found[1].lower(), _names(found[2]), name, faults, tables)
        elif found := _CREATE.match(line):
            columns[found[1].lower()] = _created(lines)
        elif (found := _INSERT.match(line)) and found[1].lower() in tables:
            table = found[1].lower()
            statement = _statement(line, lines, is_mysql="`" in found[0])
            values = _VALUES.match(statement, found.end())
            if values is None:
                faults.add(name, number, "cannot be read")
                continue
            named = _names(values[1]) if values[1] else columns.get(table, [])
            yield from _inserted(statement, values.end(), table, number, named, name, faults)


def _copied(
    lines: Iterator[tuple[int, str]], table: str, columns: list[str], name: str, faults: Faults, tables: frozenset[str]
) -> Iterator[TableRow]:
    for number, line in lines:
        content = line.rstrip("\r\n")
        if content == "\\.":
            return
        if table not in tables:
            continue
        cells = content.split("\t")
        if len(cells) == len(columns):
            yield table, number, dict(zip(columns, map(_copied_value, cells), strict=True))
        else:
            faults.add(name, number, f"has {len(cells)} fields instead of {len(columns)}")


def _copied_value(cell: str) -> str:
    return "" if cell == r"\N" else _unescaped(cell)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _SIGNS.get(found[1], found[1]), text) if "\\" in text else text


def _created(lines: Iterator[tuple[int, str]]) -> list[str]:
    """Return the columns of a table, from the lines of its declaration."""
    columns = []
    for _, line in lines:
        if found := _COLUMN.match(line):
            columns.append(found[1])
        if line.rstrip().endswith(";"):
            break
    return columns


def _statement(line: str, lines: Iterator[tuple[int, str]], *, is_mysql: bool) -> str:
    """Return a statement that begins in a line and may go on in others."""
    parts, size = [line], len(line)
    is_open = _leaves_open(line, is_open=False, is_mysql=is_mysql)
    while (is_open or not parts[-1].rstrip().endswith(";")) and size < MOST_STATEMENT:
        found = next(lines, None)
        if found is None:
            break
        parts.append(found[1])
        size += len(found[1])
        is_open = _leaves_open(found[1], is_open=is_open, is_mysql=is_mysql)
    return "".join(parts)


def _leaves_open(line: str, *, is_open: bool, is_mysql: bool) -> bool:
    """Tell whether a text goes on after the end of a line."""
    plain = _ESCAPED.sub("", line) if is_mysql else line
    return is_open != (plain.count("'") % 2 == 1)


def _inserted(
    statement: str, start: int, table: str, line: int, columns: list[str], name: str, faults: Faults
) -> Iterator[TableRow]:
    is_mysql = "`" in statement[:start]
    position = start
    while position < len(statement) and statement[position] == "(":
        at = line + statement.count("\n", 0, position)
        try:
            cells, position = _tuple(statement, position + 1, is_mysql=is_mysql)
        except Malformed as error:
            faults.add(name, at, str(error))
            return
        if len(cells) == len(columns):
            yield table, at, dict(zip(columns, cells, strict=True))
        else:
            faults.add(name, at, f"has {len(cells)} fields instead of {len(columns)}")
        position = _after(statement, position)
        if statement[position : position + 1] != ",":
            return
        position = _after(statement, position + 1)


def _tuple(statement: str, position: int, *, is_mysql: bool) -> tuple[list[str], int]:
    """Return the values up to the bracket that closes them, and the position behind it. Raises Malformed."""
    cells: list[str] = []
    value = _VALUE_OF_MYSQL if is_mysql else _VALUE
    while True:
        position = _after(statement, position)
        found = value.match(statement, position)
        if found is None:
            raise Malformed("cannot be read")
        if found[1] is not None:
            text = found[1].replace("''", "'")
            cells.append(_unescaped(text) if is_mysql else text)
        else:
            cells.append("" if found[2].upper() == "NULL" else found[2])
        position = _after(statement, found.end())
        sign = statement[position : position + 1]
        position += 1
        if sign == ")":
            return cells, position
        if sign != ",":
            raise Malformed("cannot be read")


def _after(statement: str, position: int) -> int:
    """Return the position after spaces."""
    found = _BETWEEN.match(statement, position)
    return position if found is None else found.end()


def _names(text: str) -> list[str]:
    return [part.strip().strip('"`') for part in text.split(",")]
