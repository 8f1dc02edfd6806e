"""What an endpoint costs the machine that it runs on, as data."""

from collections.abc import Callable
from enum import Enum
from typing import Any

import msgspec

from shopkeeper.http.message import Request


class Load(Enum):
    """The kind of work that a request is.

    LIGHT: a fraction of a millisecond. PAGES: it may read a page of records. HASHES: it computes password hashes.
    SEARCHES: it may read or write a thousand records, or it answers piece by piece. CALLS: it waits for another server.
    FILES: it reads a file. UPLOADS: it takes a large body and writes a file.

    One machine answers light requests first, a few pages at a time, and bounds how many of the others run and wait.
    Lambda runs one request at a time, and ignores this.
    """

    LIGHT = "light"
    PAGES = "pages"
    HASHES = "hashes"
    SEARCHES = "searches"
    CALLS = "calls"
    FILES = "files"
    UPLOADS = "uploads"


class LargeBody(msgspec.Struct, frozen=True):
    """Bodies of up to `most_bytes`, larger than the usual ones, from requests that the endpoint admits.

    `admits` takes the service and a request without its body. It is asked before the body is read, so that strangers
    fill no memory, and it must be quick. A body of any other request has the usual limit.
    """

    most_bytes: int
    admits: Callable[[Any, Request], bool]
