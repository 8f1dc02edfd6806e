"""What makes a function run, as data: requests, the time, changes of a table."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from shopkeeper.functions.resources import Resources
from shopkeeper.http import Endpoint
from shopkeeper.storage import FEED_HEAD, Item, Table


class Part(msgspec.Struct, frozen=True):
    """Endpoints of a domain, and how the service is built that answers them.

    Those `without_cognito` are not served where identities come from a Cognito pool.
    """

    endpoints: tuple[Endpoint[Any], ...]
    build: Callable[[Resources], object]
    without_cognito: bool = False


class Http(msgspec.Struct, frozen=True):
    """Requests run the function."""

    parts: tuple[Part, ...]


Metrics = Mapping[str, int]
"""Business events of a run, like `{"OrdersExpired": 3}`; an empty mapping says that there was nothing to do."""

Job = Callable[[], Metrics]
"""One run of a schedule. Runs may overlap and may be repeated."""

Consumer = Callable[[Sequence[Item]], Metrics]
"""Takes items that were added to a table, in the order in which they were added, at least once each."""


class Schedule(msgspec.Struct, frozen=True):
    """The time runs the function: every `minutes` on AWS, every `seconds` on one machine.

    `build` returns the job. On AWS the function is invoked with `{"schedule": "<name>"}`.
    """

    name: str
    minutes: int
    seconds: int
    build: Callable[[Resources], Job]


class Stream(msgspec.Struct, frozen=True):
    """Items that are added to a table run the function; the heads of feeds are none.

    A stream says that there is something to do, and a schedule finds what it missed: on one machine what was added
    just before the process ended is not told again.
    """

    name: str
    table: Table
    build: Callable[[Resources], Consumer]


Trigger = Http | Schedule | Stream


def is_head(table: Table, item: Item) -> bool:
    """Tell whether an item is the head of a feed, which counts its items and is none of them."""
    sort = table.key.sort
    return sort is not None and sort.type == "N" and item[sort.name] == FEED_HEAD
