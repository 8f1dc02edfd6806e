"""Types of fields that more than one domain takes, with what a person is told where a value does not fit."""

from typing import Annotated, Any

import msgspec


def text(max_length: int, **meta: Any) -> msgspec.Meta:
    """Return the constraint of a line of text: 1 to `max_length` characters, not all of them spaces."""
    return msgspec.Meta(
        min_length=1,
        max_length=max_length,
        pattern=r"^(?![\s\S]*[\u0000-\u001f\u007f-\u009f])[\s\S]*\S",
        extra={"must": "must not be empty or hold control characters"},
        **meta,
    )


def pattern(expression: str, must: str, **meta: Any) -> msgspec.Meta:
    """Return the constraint of a string that fits `expression`; `must` tells a person what that is."""
    return msgspec.Meta(pattern=expression, extra={"must": must}, **meta)


_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"

Email = Annotated[
    str,
    pattern(
        # The WHATWG's "valid e-mail address", with at least one dot in the domain.
        rf"^[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+$",
        must="must be an email address, like name@example.com",
        max_length=254,
        description="Compared without case, and kept in lower case",
        examples=["test@example.com"],
    ),
]
Phone = Annotated[
    str,
    pattern(
        r"^\+[1-9][0-9]{1,14}$",
        must="must be a phone number in E.164 form, like +14155550123",
        examples=["+1234567890"],
    ),
]
