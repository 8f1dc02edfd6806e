"""Shopkeeper with a clock that jumps: `python -m tests.support.jumping` takes the arguments of `shopkeeper`.

The file that the variable CLOCK names says by how many seconds the clock is wrong, or at which moment it stands still.
It is read whenever the clock is.
What is replaced, before anything else of Shopkeeper is imported: `time.time`, `time.time_ns` and
`shopkeeper.clock.utc_now`. `time.monotonic` stays as it is: on a real machine it does not jump either.
"""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from shopkeeper import clock

JUMPING = (sys.executable, "-m", "tests.support.jumping")
"""The program, for the class `Shopkeeper` of the tests."""


STANDS = "at "


def set_clock(file: Path, seconds: float) -> None:
    """Have the clock be wrong by so many seconds from now on."""
    _write(file, str(seconds))


def stop_clock(file: Path, moment: datetime) -> None:
    """Have the clock stand still at a moment."""
    _write(file, f"{STANDS}{moment.timestamp()}")


def _write(file: Path, text: str) -> None:
    """Write the file. It is never seen half written."""
    draft = file.with_suffix(".draft")
    draft.write_text(text)
    draft.rename(file)


def _jump(file: Path) -> None:
    nanoseconds = time.time_ns

    def wrong_nanoseconds() -> int:
        text = file.read_text()
        since = 0 if text.startswith(STANDS) else nanoseconds()
        return since + int(float(text.removeprefix(STANDS)) * 1_000_000_000)

    def wrong_time() -> float:
        return wrong_nanoseconds() / 1_000_000_000

    def wrong_now() -> datetime:
        return datetime.fromtimestamp(wrong_time(), UTC)

    time.time_ns, time.time, clock.utc_now = wrong_nanoseconds, wrong_time, wrong_now


if __name__ == "__main__":
    _jump(Path(os.environ["CLOCK"]))
    from shopkeeper.__main__ import main

    main()
