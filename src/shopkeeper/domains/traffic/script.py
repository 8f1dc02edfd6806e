"""The script as it is sent: minified, with the path of hits in it."""

from hashlib import sha256
from pathlib import Path

import msgspec

MINIFIED = Path(__file__).with_name("shop.min.js")

PLACE = b"HIT_PATH"
"""What stands in the script where the path of hits belongs."""


class Script(msgspec.Struct, frozen=True):
    """The script's bytes, and their entity tag."""

    body: bytes
    tag: str


def read_script(hit_path: str) -> Script:
    """Return the script that sends hits to `hit_path`, which is resolved beside the script: without its first slash."""
    body = MINIFIED.read_bytes().replace(PLACE, hit_path.removeprefix("/").encode())
    return Script(body, f'"{sha256(body).hexdigest()[:20]}"')
