"""What the commands share: where they print, and the settings that they run with."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console

from shopkeeper.operator.env_file import DEFAULT, known, read_env_file, unknown_names
from shopkeeper.operator.near_misses import near_misses
from shopkeeper.settings import SQLITE, Settings, read
from shopkeeper.storage.tables import TABLES

DEFAULT_DATA = "shopkeeper.db"

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Data = Annotated[Path | None, typer.Option(help=f"The SQLite file; STORE_URL or ./{DEFAULT_DATA} by default.")]


class FromFile(NamedTuple):
    """The file of settings, None for no file, and the variables that came from it."""

    path: Path | None
    variables: Mapping[str, str]


def load_env_file(path: Path | None) -> FromFile:
    """Add the settings of a file to this process's environment, which goes first. Without a path it is `.env`, if that
    is there. Raises ConfigurationError.
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


def environment_of(data: Path | None) -> dict[str, str]:
    """Return the variables. The store is that of `--data`, else of STORE_URL, else a file in the working folder."""
    environment = dict(os.environ)
    if data is not None:
        environment["STORE_URL"] = f"{SQLITE}{data}"
    warn_of_near_misses(environment)
    if not environment.get("STORE_URL", "").strip():
        environment["STORE_URL"] = f"{SQLITE}{DEFAULT_DATA}"
    return environment


def settings_of(data: Path | None) -> Settings:
    """Return the settings that the variables say. Raises ConfigurationError."""
    return read(environment_of(data), TABLES)


def warn_of_near_misses(environment: Mapping[str, str]) -> None:
    """Print a sentence for each variable that is almost called like a setting."""
    for sentence in near_misses(environment):
        warn(sentence)


def warn(sentence: str) -> None:
    """Print a sentence on standard error."""
    err.print(sentence, markup=False)
