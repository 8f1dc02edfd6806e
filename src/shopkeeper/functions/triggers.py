"""What makes a function run, as data: requests, the time, changes of a table, the rotation of the secret."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from shopkeeper.functions.resources import Resources
from shopkeeper.http import Endpoint, ErrorFormat
from shopkeeper.setting import Setting
from shopkeeper.settings import Settings
from shopkeeper.storage import FEED_HEAD, Item, Table


class Part(msgspec.Struct, frozen=True):
    """Endpoints of a domain, and how the service is built that answers them.

    Those `without_cognito` are not served where identities come from a Cognito pool. `errors` is the form of their
    errors, if it is not the function's. Where the `path` names a setting, their paths begin with its default, and its
    value takes that place.
    """

    endpoints: tuple[Endpoint[Any], ...]
    build: Callable[[Resources], object]
    without_cognito: bool = False
    errors: ErrorFormat | None = None
    path: str = ""

    def served(self, settings: Settings) -> Iterator[Endpoint[Any]]:
        """Yield the endpoints with the paths that they have under some settings."""
        for one in self.endpoints:
            if self.path:
                declared: Setting[str] = getattr(Settings, self.path)
                chosen: str = getattr(settings, self.path)
                yield msgspec.structs.replace(one, path=chosen + one.path.removeprefix(declared.default))
            else:
                yield one


class Http(msgspec.Struct, frozen=True):
    """Run the function for HTTP requests."""

    parts: tuple[Part, ...]


Metrics = Mapping[str, int]
"""Business events of a run, like `{"OrdersExpired": 3}`; an empty mapping says that there was nothing to do."""

Job = Callable[[], Metrics]
"""One run of a schedule. Runs may overlap and may be repeated."""

Consumer = Callable[[Sequence[Item]], Metrics]
"""Takes items that were added to a table, in the order in which they were added, at least once each."""


class Schedule(msgspec.Struct, frozen=True):
    """Run the function periodically: every `minutes` on AWS, every `seconds` on one machine.

    `build` returns the job. On AWS the function is invoked with `{"schedule": "<name>"}`.
    """

    name: str
    minutes: int
    seconds: int
    build: Callable[[Resources], Job]


class Stream(msgspec.Struct, frozen=True):
    """Run the function when items are added to a table. Heads of feeds do not count as items.

    A stream is only a hint: `fallback` names the schedule of the same function that finds what the stream missed. On
    one machine, items that were added just before the process ended are not passed on again.
    """

    name: str
    table: Table
    build: Callable[[Resources], Consumer]
    fallback: str


Rotate = Callable[[str, str, str], None]
"""Does a step of a rotation: the step's name, the ARN of the secret, the id of the version to come. It may be repeated.
"""


class Rotation(msgspec.Struct, frozen=True):
    """Run the function for each step in which AWS Secrets Manager rotates the secret of the stage.

    `build` returns what does a step. One machine rotates nothing.
    """

    build: Callable[[Resources], Rotate]


Trigger = Http | Schedule | Stream | Rotation


def is_head(table: Table, item: Item) -> bool:
    """Tell whether an item is the head of a feed. The head counts the feed's items and is not one of them."""
    sort = table.key.sort
    return sort is not None and sort.type == "N" and item[sort.name] == FEED_HEAD
