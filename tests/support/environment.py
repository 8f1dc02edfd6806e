"""The variables of the processes that tests start."""

import os
from pathlib import Path

BYTE_CODE = Path(__file__).parents[2] / ".pytest_cache" / "bytecode"


def clean_environment(**variables: str) -> dict[str, str]:
    """Return an environment without any AWS or Shopkeeper setting but `variables`.

    Processes share their byte code, outside of the sources.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "CI") if name in os.environ}
    return {**kept, "PYTHONPYCACHEPREFIX": str(BYTE_CODE), **variables}
