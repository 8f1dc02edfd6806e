"""Names of variables that are almost those of settings, and probably were meant to be."""

from collections.abc import Mapping
from difflib import get_close_matches

from shopkeeper.settings import SETTINGS
from shopkeeper.storage.tables import TABLES
from shopkeeper.trace_settings import TRACE_SETTINGS

DECLARED = (*SETTINGS, *TRACE_SETTINGS)
NAMES = [*(name for setting in DECLARED for name in setting.variables), *(table.environment for table in TABLES)]
"""The variables that are read."""

CLOSE = 0.8
"""How alike names are that are taken for each other: 1 is the same, 0.83 `JWT_SECRET` and `JWT_SECRET_KEY`."""

OF_OPENTELEMETRY = "OTEL_"
CLOSER = 0.94
"""The same for OpenTelemetry's variables: it has many, and the names of two are alike up to 0.93."""


def near_misses(environment: Mapping[str, str]) -> list[str]:
    """Return a sentence for each variable that is almost called like a setting that is not set."""
    found = []
    for name in sorted(environment.keys() - NAMES):
        cutoff = CLOSER if name.upper().startswith(OF_OPENTELEMETRY) else CLOSE
        meant = get_close_matches(name.upper(), NAMES, n=1, cutoff=cutoff)
        if meant and not environment.get(meant[0]) and not _is_another_tools(name.upper(), meant[0]):
            found.append(f"{name} is not a setting and is ignored; {meant[0]} is one.")
    return found


def _is_another_tools(name: str, meant: str) -> bool:
    """AWS's own variables are, and names with an added or missing prefix, like CI_ENVIRONMENT or SECRET_KEY."""
    return name.startswith("AWS_") or name.endswith(f"_{meant}") or meant.endswith(f"_{name}")
