"""The libraries that Shopkeeper was published with, and which of them are not installed."""

import re
import shlex
import sys
from importlib.metadata import PackageNotFoundError, distribution, requires

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def missing() -> list[str]:
    """Return those requirements of Shopkeeper that are not installed.

    They read as pip takes them, such as `granian<3,>=2.6`. There are none where Shopkeeper itself was never
    installed, as in a Lambda package, whose libraries are packed with it.
    """
    found = []
    for requirement in _requirements():
        specifier, _, marker = requirement.partition(";")
        if not marker:
            try:
                distribution(_NAME.match(specifier)[0])  # type: ignore[index]  # each begins with its name
            except PackageNotFoundError:
                found.append(specifier.replace(" ", ""))
    return found


def advice(missed: list[str]) -> str:
    """Return what an operator is told: the command that installs what is missing for this very interpreter."""
    return f"run `{sys.executable} -m pip install {' '.join(map(shlex.quote, missed))}`"


def _requirements() -> list[str]:
    try:
        return requires("shopkeeper") or []
    except PackageNotFoundError:
        return []
