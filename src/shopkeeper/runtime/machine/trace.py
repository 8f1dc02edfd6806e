"""The trace of one request, or of one run, on one machine."""

import time
from collections import deque
from collections.abc import Callable
from contextvars import Token
from types import TracebackType

from shopkeeper.net.spans import Root, Span, Untraced, enter, leave


class Trace(Root):
    """A root that begins when it is made, and that is entered wherever its work goes on, by one thread at a time.

    Its parts are told one by one after it has ended. Parts that end later, in threads that a run has left behind, are
    told when they end. So every part is told once, and a trace that is never ended is not told at all.
    """

    __slots__ = ("_entered", "_is_over", "_name_part", "_tell", "_untold", "_waits", "trace_id")

    def __init__(
        self,
        name: str,
        trace_id: str,
        span_id: int,
        name_part: Callable[[], int],
        tell: Callable[["Trace", Span], None],
    ) -> None:
        """`trace_id` is as the log shows it. `name_part` returns the id of a part. `tell` is given each ended part."""
        super().__init__(name)
        self.trace_id = trace_id
        self.span_id = span_id
        self.root = self
        self.began = time.time()
        self._name_part = name_part
        self._tell = tell
        self._untold: deque[Span] = deque()
        self._is_over = False
        self._waits: Span | None = None
        self._entered: Token[Span | None] | None = None

    def __enter__(self) -> "Trace":
        self.goes_on()
        self._entered = enter(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._entered is not None:
            leave(self._entered)

    def takes(self, part: Span) -> bool:
        """See `Root.takes`. A part has its id from the beginning."""
        if not super().takes(part):
            return False
        part.span_id = self._name_part()
        return True

    def ends(self, part: Span) -> None:
        """See `Root.ends`."""
        self._untold.append(part)
        if self._is_over:
            self._tell_ended()

    def waits(self, what_for: str) -> None:
        """Begin a part in which nothing is done, until `goes_on`."""
        part = Span(what_for)
        if self.takes(part):
            part.around, part.began = self, time.time()
            self._waits = part

    def goes_on(self, failure: str = "") -> None:
        """End the part that `waits` has begun, if there is one. `failure` is the name of what it ended with."""
        part, self._waits = self._waits, None
        if part is not None:
            part.ended = time.time()
            part.failure = failure
            self.ends(part)

    def end(self) -> None:
        """End it, and tell of it and of its parts."""
        self.goes_on()
        self.ended = time.time()
        self._is_over = True
        self._tell_ended()
        self._tell(self, self)

    def _tell_ended(self) -> None:
        """Tell of the parts that have ended. Several threads may do so at once: each part is taken by one of them."""
        while True:
            try:
                part = self._untold.popleft()
            except IndexError:
                return
            self._tell(self, part)


class NoTrace(Untraced):
    """Stands for the trace of a request or of a run that is not sampled."""

    __slots__ = ()

    trace_id = ""

    def waits(self, what_for: str) -> None:
        """See `Trace.waits`."""

    def goes_on(self, failure: str = "") -> None:
        """See `Trace.goes_on`."""
