"""A data file of commit b8cfffd, whose form is version 0.

`tests/data/former.db.gz` was made with that commit's code: `shopkeeper serve` counted visits, registered accounts and a
business, and took, accepted and rejected orders. Then its `SQLiteStore` wrote every kind of value into the table
visitor-counter: each under the key `odd <name>`, and those with an expiry under `expiry <name>`. The key was `KEY`.
"""

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from shopkeeper.storage.sqlite.schema import quoted
from shopkeeper.storage.values import Value, decode_item
from tests.support.tools import ROOT

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
Items = dict[str, list[dict[str, Value]]]


def put_former_file(path: Path) -> Path:
    """Write the file to a path and return that."""
    path.write_bytes(gzip.decompress((ROOT / "tests" / "data" / "former.db.gz").read_bytes()))
    path.chmod(0o600)
    return path


def former_rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of every table of a data file."""
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(connection.execute(f"SELECT * FROM {quoted(name)}").fetchall()) for name in names}


def former_items(path: Path) -> Items:
    """Return the items of every table of a file of version 0."""
    rows = former_rows(path)
    return {name: [decode_item(json.loads(text)) for *_, text in rows[name]] for name in rows}
