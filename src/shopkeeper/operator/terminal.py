"""What the commands share: the settings, the options, and where they print."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from shopkeeper.operator.near_misses import near_misses
from shopkeeper.settings import SQLITE, Settings, read
from shopkeeper.storage.tables import TABLES

DEFAULT_DATA = "shopkeeper.db"

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Data = Annotated[Path | None, typer.Option(help=f"The SQLite file; STORE_URL or ./{DEFAULT_DATA} by default.")]
Progress = Annotated[
    bool, typer.Option("--progress", help="Print on standard error how far it is, also where that is no terminal.")
]


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
    """Return the settings that the variables of `environment_of` say. Raises ConfigurationError."""
    return read(environment_of(data), TABLES)


def warn_of_near_misses(environment: Mapping[str, str]) -> None:
    """Print a sentence for each variable that is almost a setting."""
    for sentence in near_misses(environment):
        warn(sentence)


def warn(sentence: str) -> None:
    """Print a sentence on standard error."""
    err.print(sentence, markup=False)
