"""Reads settings from a file, for the command line. systemd's `EnvironmentFile=` reads the same, but for `export`.

A line is `NAME=value`, with `export` before it or not. Empty lines and lines that begin with `#` are left out. A value
without quotes is the rest of the line. A value in single quotes is what stands between them. In double quotes a
backslash may stand before a quote, a backslash, `$` and a backtick, and means the character alone. `$` has no meaning,
so a password keeps it. What programs read in different ways is an error here: ` #` or a backslash in a value without
quotes, text after a closing quote, a name that stands twice.

python-dotenv is not used. Its import takes 4 ms of a start, this module's 2. But it goes on after a line that it cannot
read, takes the last of two lines with one name, and cuts a value at ` #`: a password would be wrong without a word.
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from shopkeeper.errors import ConfigurationError
from shopkeeper.operator.near_misses import NAMES, near_misses

DEFAULT = ".env"
MOST_BYTES = 64 * 1024
OF_OTHERS = ("AWS_", "OTEL_")
"""How the names of AWS's and OpenTelemetry's own variables begin. They are settings, too."""

_LINE = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*)", re.DOTALL)
_SINGLE = re.compile(r"'([^']*)'(.*)", re.DOTALL)
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"(.*)', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\$`])')


class FromFile(NamedTuple):
    """The file of settings, None for no file, and the variables that came from it."""

    path: Path | None
    variables: Mapping[str, str]


def load_env_file(path: Path | None, warn: Callable[[str], None]) -> FromFile:
    """Add the settings of a file to this process's environment, which goes first, and `warn` of names that are none.

    Without a path it is `.env`, if that is there. Raises ConfigurationError.
    """
    if path is None:
        path = Path(DEFAULT)
        if not os.path.lexists(path):
            return FromFile(None, {})
    variables = read_env_file(path)
    for sentence in unknown_names(path, variables):
        warn(sentence)
    taken = {name: value for name, value in known(variables).items() if name not in os.environ}
    os.environ.update(taken)
    return FromFile(path, taken)


def read_env_file(path: Path) -> dict[str, str]:
    """Return the variables of a file. Raises ConfigurationError, which names the line and never its value."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"The file {path} cannot be read: {error.strerror}.") from None
    if len(content) > MOST_BYTES:
        raise ConfigurationError(f"The file {path} is larger than {MOST_BYTES // 1024} KB, so it holds no settings.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"The file {path} is not in UTF-8.") from None
    found: dict[str, str] = {}
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        try:
            name, value = _read_line(stripped)
            if name in found:
                raise ValueError(f"{name} stands there twice; remove one")
        except ValueError as error:
            raise ConfigurationError(f"Line {number} of {path}: {error}.") from None
        found[name] = value
    return found


def known(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a file that are read: settings, names of tables, AWS's and OpenTelemetry's."""
    return {name: value for name, value in variables.items() if name in NAMES or name.startswith(OF_OTHERS)}


def unknown_names(path: Path, variables: Mapping[str, str]) -> list[str]:
    """Return sentences about the variables of a file that are not read, with the names that were probably meant."""
    others = {name: value for name, value in variables.items() if name not in known(variables)}
    sentences = [f"{path}: {sentence}" for sentence in near_misses(others)]
    said = {sentence.split()[1] for sentence in sentences}
    rest = sorted(others.keys() - said)
    if rest:
        verb = "is not a setting and is" if len(rest) == 1 else "are not settings and are"
        sentences.append(f"{path}: {', '.join(rest)} {verb} ignored.")
    return sentences


def _read_line(line: str) -> tuple[str, str]:
    """Return the name and the value of a line. Raises ValueError, whose text says what is wrong."""
    parts = _LINE.fullmatch(line)
    if parts is None:
        raise ValueError("it must be NAME=value, and a name has letters, digits and underscores")
    name, text = parts[1], parts[2]
    if "\0" in text:
        raise ValueError(f"the value of {name} has a zero byte")
    quote = text[:1]
    if quote not in ("'", '"'):
        if re.search(r"\s#", text):
            raise ValueError(f"put the value of {name} in quotes if ` #` belongs to it, or the comment on its own line")
        if "\\" in text:
            raise ValueError(f"put the value of {name} in single quotes, for it has a backslash")
        return name, text
    quoted = (_SINGLE if quote == "'" else _DOUBLE).fullmatch(text)
    if quoted is None:
        raise ValueError(f"the quote of {name} does not end on its line")
    if quoted[2].strip() and not re.match(r"\s+#", quoted[2]):
        raise ValueError(f"nothing may follow the closing quote of {name}")
    return name, quoted[1] if quote == "'" else _ESCAPED.sub(r"\1", quoted[1])
