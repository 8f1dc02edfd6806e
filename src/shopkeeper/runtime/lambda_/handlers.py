"""The handlers that Lambda calls: `handlers.NAME` is that of the function that `functions/NAME.py` declares.

A handler is built when it is first asked for, which Lambda does once, before the first event.
"""

from importlib import import_module

from shopkeeper.runtime.lambda_.handler import Handler, lambda_handler


def __getattr__(name: str) -> Handler:
    """Return the handler of a function. Raises AttributeError where none is declared under this name."""
    place = f"shopkeeper.functions.{name}"
    try:
        function = import_module(place).FUNCTION
    except ModuleNotFoundError as error:
        if error.name != place:
            raise
        raise AttributeError(f"there is no function {name}") from None
    handler = globals()[name] = lambda_handler(function)
    return handler
