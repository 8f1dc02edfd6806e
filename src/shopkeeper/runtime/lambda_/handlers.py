"""The handlers that Lambda calls: `handlers.NAME` is that of the function that `functions/NAME.py` declares.

A handler is built when it is first asked for, which Lambda does once, before the first event.
"""

import gc
from importlib import import_module
from typing import TYPE_CHECKING

from shopkeeper.runtime.lambda_.bundle import install

if TYPE_CHECKING:
    from shopkeeper.runtime.lambda_.handler import Handler

install(__file__.removesuffix("/shopkeeper/runtime/lambda_/handlers.py"))


def __getattr__(name: str) -> "Handler":
    """Return the handler of a function. Raises AttributeError where none is declared under this name."""
    gc.disable()  # what is loaded stays, and to search it for garbage would take some milliseconds of a cold start
    try:
        return _handler(name)
    finally:
        gc.enable()


def _handler(name: str) -> "Handler":
    from shopkeeper.runtime.lambda_.handler import lambda_handler

    place = f"shopkeeper.functions.{name}"
    try:
        function = import_module(place).FUNCTION
    except ModuleNotFoundError as error:
        if error.name != place:
            raise
        raise AttributeError(f"there is no function {name}") from None
    handler = globals()[name] = lambda_handler(function)
    return handler
