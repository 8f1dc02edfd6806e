"""Find a Python 3.13, which is Lambda's: `python3 scripts/python313.py` prints its path, or exits with 1.

The variable `PYTHON313` names one; without it the PATH is searched, and, as pyenv keeps them, the folders beside the
Python that runs this.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

CACHE_TAG = "cpython-313"
CHECK = f"import sys; sys.exit(sys.implementation.cache_tag != {CACHE_TAG!r})"


def find() -> str | None:
    """Return the path of a CPython 3.13 that starts, None if there is none."""
    beside = sorted(map(str, Path(sys.base_prefix).parent.glob("3.13*/bin/python3.13")))
    named = os.environ.get("PYTHON313")
    for candidate in [named] if named else [sys.executable, "python3.13", *beside]:
        path = shutil.which(candidate)
        if path and subprocess.run([path, "-c", CHECK], capture_output=True, check=False).returncode == 0:
            return path
    return None


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python313.py", description=__doc__).parse_args()
    print(find() or sys.exit(1))
