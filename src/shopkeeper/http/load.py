"""What an endpoint costs the machine that it runs on, as data."""

from enum import Enum


class Load(Enum):
    """The kind of work that a request is.

    LIGHT: a millisecond at most. HASHES: it computes password hashes. SEARCHES: it may read a thousand records. One
    machine bounds how many of the last two run at once. Lambda runs one request at a time, and ignores this.
    """

    LIGHT = "light"
    HASHES = "hashes"
    SEARCHES = "searches"
