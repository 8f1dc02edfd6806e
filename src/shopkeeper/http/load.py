"""What an endpoint costs the machine that it runs on, as data."""

from enum import Enum


class Load(Enum):
    """The kind of work that a request is.

    LIGHT: a fraction of a millisecond. PAGES: it may read a page of records. HASHES: it computes password hashes.
    SEARCHES: it may read or write a thousand records, or it answers piece by piece. CALLS: it waits for another server.

    One machine answers light requests first, a few pages at a time, and bounds how many of the others run and wait.
    Lambda runs one request at a time, and ignores this.
    """

    LIGHT = "light"
    PAGES = "pages"
    HASHES = "hashes"
    SEARCHES = "searches"
    CALLS = "calls"
