"""How far a long command is: bars on a terminal, lines elsewhere if they are asked for. Both on standard error."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shopkeeper.operator.terminal import err, warn

Show = Callable[[str, int, int | None], None]
"""Is called with a name, how many of it are done, and how many there are, None if nobody knows."""

LINE_SECONDS = 1.0
"""At most one line of a name in this time, except for the last one."""


@contextmanager
def shown(*, force: bool = False) -> Iterator[Show]:
    """Yield the function that shows progress. It shows nothing where standard error is no terminal, without `force`."""
    if err.is_terminal:
        with _bars() as show:
            yield show
    else:
        yield _Lines() if force else _nothing


@contextmanager
def _bars() -> Iterator[Show]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    bars: dict[str, TaskID] = {}
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    with Progress(*columns, console=err, transient=True) as progress:

        def show(name: str, done: int, total: int | None) -> None:
            if name not in bars:
                bars[name] = progress.add_task(name, total=total)
            progress.update(bars[name], completed=done, total=total)

        yield show


class _Lines:
    """Prints a line when a name begins, then at most one a second, and one when all of it is done; none twice."""

    def __init__(self) -> None:
        self._printed: dict[str, float] = {}
        self._last = ""

    def __call__(self, name: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        is_due = now - self._printed.get(name, -LINE_SECONDS) >= LINE_SECONDS
        line = f"{name}: {done}" if total is None else f"{name}: {done} of {total}"
        if (is_due or done == total) and line != self._last:
            self._printed[name], self._last = now, line
            warn(line)


def _nothing(*_: object) -> None:
    """Show nothing."""
