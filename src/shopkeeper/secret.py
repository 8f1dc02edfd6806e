"""A text that must not be printed."""

import msgspec


class Secret(msgspec.Struct, frozen=True):
    """A text that stays out of logs, tracebacks and messages."""

    value: str

    def __repr__(self) -> str:
        return "Secret(…)"
