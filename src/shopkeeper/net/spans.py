"""Spans: what is being done, within what, for whoever traces it. While nobody does, a span costs a microsecond.

A span says where a call goes and how it ended. It never has keys, values, paths, queries, header fields or bodies.
"""

import time
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TypeVar

MOST_SPANS = 80
"""How many parts of one root are recorded. The others are only counted, so that nobody's loop fills the memory."""

AnySpan = TypeVar("AnySpan", bound="Span")


class Span:
    """A part of the work. As a context manager it begins and ends, and becomes a part of the span around it.

    `began` and `ended` are seconds of the Unix epoch. `has_failed` says whether it ended with an exception.
    """

    __slots__ = ("_token", "began", "ended", "has_failed", "name", "parts", "root")

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts: list[Span] = []
        self.began = self.ended = 0.0
        self.has_failed = False
        self.root: Root | None = None
        self._token: Token[Span | None] | None = None

    def __enter__(self: AnySpan) -> AnySpan:
        around = _current.get()
        if around is not None and around.root is not None and around.root.takes_one_more():
            around.parts.append(self)
            self._begin(around.root)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._token is not None:
            self.ended = time.time()
            self.has_failed = kind is not None
            _current.reset(self._token)

    def _begin(self, root: "Root") -> None:
        self.root = root
        self._token = _current.set(self)
        self.began = time.time()


class Call(Span):
    """A call of another machine: its host, the method of HTTP, the attempts, and the status of the last answer.

    The status is 0 if there was no answer. A call of an AWS service has its name, the operation and the tables.
    """

    __slots__ = ("attempts", "host", "method", "operation", "service", "status", "tables")

    def __init__(
        self, host: str, method: str, *, service: str = "", operation: str = "", tables: tuple[str, ...] = ()
    ) -> None:
        super().__init__(service or host)
        self.host = host
        self.method = method
        self.service = service
        self.operation = operation
        self.tables = tables
        self.attempts = 0
        self.status = 0

    def attempt(self) -> None:
        """Count an attempt, whose answer is not there yet."""
        self.attempts += 1
        self.status = 0


class Root(Span):
    """A whole piece of work, whose parts are recorded, with facts about it, such as the route of a request."""

    __slots__ = ("facts", "left_out", "recorded")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.facts: dict[str, str | int] = {}
        self.recorded = 0
        self.left_out = 0

    def __enter__(self) -> "Root":
        self._begin(self)
        return self

    def takes_one_more(self) -> bool:
        """Count a part. Return whether it is to be recorded."""
        if self.recorded >= MOST_SPANS:
            self.left_out += 1
            return False
        self.recorded += 1
        return True


_current: ContextVar[Span | None] = ContextVar("span", default=None)


def current_root() -> Root | None:
    """Return the root of what is being recorded, None while nobody traces."""
    current = _current.get()
    return None if current is None else current.root
