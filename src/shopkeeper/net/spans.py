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

    `began` and `ended` are seconds of the Unix epoch. `failure` is the name of the exception that it ended with, empty
    for none. `span_id` and `around` are what it is called and the span that it is a part of, for a root that names its
    parts.
    """

    __slots__ = ("_token", "around", "began", "ended", "failure", "name", "parts", "root", "span_id")

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts: list[Span] = []
        self.began = self.ended = 0.0
        self.failure = ""
        self.root: Root | None = None
        self.around: Span | None = None
        self.span_id = 0
        self._token: Token[Span | None] | None = None

    def __enter__(self: AnySpan) -> AnySpan:
        around = _current.get()
        root = None if around is None else around.root
        if around is not None and root is not None and root.takes(self):
            around.parts.append(self)
            self.around = around
            self._token = _current.set(self)
            self.began = time.time()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._token is not None and self.root is not None:
            self.ended = time.time()
            self.failure = "" if kind is None else kind.__name__
            _current.reset(self._token)
            self._token = None
            self.root.ends(self)


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


class Operation(Span):
    """An operation of a store in this process: its name, and the tables that it uses."""

    __slots__ = ("system", "tables")

    def __init__(self, system: str, name: str, tables: tuple[str, ...]) -> None:
        super().__init__(name)
        self.system = system
        self.tables = tables


class Root(Span):
    """A whole piece of work, whose parts are recorded, with facts about it, such as the route of a request."""

    __slots__ = ("facts", "left_out", "recorded")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.facts: dict[str, str | int] = {}
        self.recorded = 0
        self.left_out = 0

    def __enter__(self) -> "Root":
        self.root = self
        self._token = _current.set(self)
        self.began = time.time()
        return self

    def takes(self, part: Span) -> bool:
        """Take a part that is about to begin, unless there are too many. Return whether it is recorded."""
        if self.recorded >= MOST_SPANS:
            self.left_out += 1
            return False
        self.recorded += 1
        part.root = self
        return True

    def ends(self, part: Span) -> None:
        """A part has ended, in the thread that calls this, or the root itself. Parts may end after their root.

        What has ended takes no more parts, and forgets its root and the span around it. So there are no cycles, and the
        memory of a root is free as soon as nobody needs it, without the garbage collector.
        """
        part.root = part.around = None


class Untraced:
    """A context manager within which nothing is recorded, whatever is around it."""

    __slots__ = ("_token",)

    def __init__(self) -> None:
        self._token: Token[Span | None] | None = None

    def __enter__(self) -> None:
        self._token = _current.set(None)

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            _current.reset(self._token)


_current: ContextVar[Span | None] = ContextVar("span", default=None)


def enter(span: Span) -> "Token[Span | None]":
    """Make a span, which has begun already, the one that new spans become parts of. Return what `leave` takes."""
    return _current.set(span)


def leave(token: "Token[Span | None]") -> None:
    """Return to the span that was there before `enter`. Called by the same thread."""
    _current.reset(token)


def current_root() -> Root | None:
    """Return the root of what is being recorded, None while nobody traces."""
    current = _current.get()
    return None if current is None else current.root
