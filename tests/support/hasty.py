"""Shopkeeper with less patience: `python -m tests.support.hasty` takes the arguments of `shopkeeper`.

A client has a few seconds where it else has up to 75, so that a test need not wait so long until it is cut off.
"""

import sys

from shopkeeper.runtime.machine import limits

HASTY = (sys.executable, "-m", "tests.support.hasty")
"""The program, for the class `Shopkeeper` of the tests."""

SECONDS = {"HEAD_SECONDS": 2.0, "BODY_SECONDS": 3.0, "UNREAD_SECONDS": 3.0, "IDLE_SECONDS": 4.0}

if __name__ == "__main__":
    from shopkeeper.__main__ import main

    for name, seconds in SECONDS.items():
        assert hasattr(limits, name)
        setattr(limits, name, seconds)
    main()
