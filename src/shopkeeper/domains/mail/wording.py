"""The form of a mail's text."""

import msgspec

LINES = "{lines}"
"""The paragraph that stands for the list of a letter's lines."""


class Text(msgspec.Struct, frozen=True):
    """The text of a kind of mail."""

    subject: str
    paragraphs: tuple[str, ...]
