"""The libraries that Shopkeeper requires, and those that are not installed."""

import re
import shlex
import sys
from importlib.metadata import PackageNotFoundError, distribution, requires

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def missing() -> list[str]:
    """Return the requirements of Shopkeeper that are not installed, in pip's form, such as `uvloop<0.24,>=0.22`.

    The list is empty if Shopkeeper itself is not installed, as in a Lambda package, which contains its libraries.
    """
    found = []
    for requirement in _requirements():
        specifier, _, marker = requirement.partition(";")
        if not marker:
            try:
                distribution(_NAME.match(specifier)[0])  # type: ignore[index]  # a specifier begins with a name
            except PackageNotFoundError:
                found.append(specifier.replace(" ", ""))
    return found


def advice(missed: list[str]) -> str:
    """Return advice for the operator: the command that installs the missing libraries for this interpreter."""
    return f"run `{sys.executable} -m pip install {' '.join(map(shlex.quote, missed))}`"


def _requirements() -> list[str]:
    try:
        return requires("shopkeeper") or []
    except PackageNotFoundError:
        return []
