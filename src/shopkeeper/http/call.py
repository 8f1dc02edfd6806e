"""What a handler is given, and what it answers."""

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

from shopkeeper.http.access import Caller
from shopkeeper.http.errors import Unauthenticated
from shopkeeper.http.message import Request, Wait

P = TypeVar("P")
B = TypeVar("B")
R = TypeVar("R")


class Nothing(msgspec.Struct, frozen=True):
    """The type for an endpoint without parameters, body or reply."""


class Call(msgspec.Struct, Generic[P, B], frozen=True):
    """A request after validation: `parameters` (path, query and header) and `body`, in the types that are named."""

    parameters: P
    body: B
    request: Request
    caller: Caller | None = None

    @property
    def identity(self) -> Caller:
        """The caller. Raises Unauthenticated if there is none."""
        if self.caller is None:
            raise Unauthenticated("This needs an access token.")
        return self.caller


class Reply(msgspec.Struct, Generic[R], frozen=True):
    """What a handler answers: a struct, which is sent as JSON, or Content. `status` defaults to the endpoint's success.

    `headers` come beside the common ones, or instead of them: `Cache-Control` is a default. `metrics` are business
    events. `error` is the cause of an answer such as "unhealthy". It is only logged. `wait` is set if there may soon be
    a better answer.
    """

    body: R
    status: int | None = None
    headers: Mapping[str, str] = {}
    metrics: Mapping[str, int] = {}
    error: Exception | None = None
    wait: Wait | None = None
