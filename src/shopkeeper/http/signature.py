"""What a handler's annotations say: `Call[P, B]` it takes, `Reply[R]` it gives."""

from collections.abc import Callable
from types import UnionType
from typing import Any, NoReturn, Union, get_args, get_origin

import msgspec

from shopkeeper.http.call import Call, Reply


class Signature(msgspec.Struct, frozen=True):
    """The types of a handler: its parameters, its body (None for any), and the types that a reply may have."""

    parameters: type[msgspec.Struct]
    body: type[msgspec.Struct] | None
    results: tuple[type[msgspec.Struct], ...]


def read_signature(handler: Callable[..., Any]) -> Signature:
    """Return what a handler takes and gives. Raises TypeError, naming the handler, if its annotations do not say.

    Annotations are read as they are: `get_type_hints`, which would resolve texts, would make a cold start slower.
    """
    hints = dict(handler.__annotations__)
    result = hints.pop("return", None)
    call = list(hints.values())[1] if len(hints) == 2 else None
    if get_origin(call) is not Call:
        refuse(handler, "must take a service and a Call[parameters, body]")
    if get_origin(result) is not Reply:
        refuse(handler, "must return a Reply[type]")
    parameters, body = get_args(call)
    (replied,) = get_args(result)
    results = get_args(replied) if get_origin(replied) in (Union, UnionType) else (replied,)
    for kind in (parameters, *(() if body is Any else (body,)), *results):
        if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
            refuse(handler, f"names {getattr(kind, '__name__', kind)}, which is not a msgspec.Struct")
    return Signature(parameters, None if body is Any else body, results)


def refuse(handler: Callable[..., Any], what: str) -> NoReturn:
    """Raise the TypeError of a declaration that cannot be."""
    raise TypeError(f"The handler {handler.__qualname__} {what}.")
