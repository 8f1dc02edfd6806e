"""The kinds of pictures: their names, media types and first bytes."""

import re

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
NAME = rf"{_UUID}/{_UUID}\.(?:jpg|png|webp)"
"""The pattern of a picture's name: the item's id, an id of its own, and the kind. Nothing else is used in a path."""

MEDIA_TYPES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
"""The extension of each media type that a picture may have."""

_OF_EXTENSION = {extension: media_type for media_type, extension in MEDIA_TYPES.items()}


def is_name(text: str) -> bool:
    """Tell whether a text is the name of a picture."""
    return re.fullmatch(NAME, text) is not None


def media_type_of(name: str) -> str:
    """Return the media type of a picture by its name."""
    return _OF_EXTENSION[name.rpartition(".")[2]]


def sniffed(beginning: bytes) -> str | None:
    """Return the media type that the first bytes of a file show, None for any other than the three.

    Source: WHATWG MIME Sniffing Standard, section 6.1.
    """
    if beginning.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if beginning.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if beginning.startswith(b"RIFF") and beginning[8:14] == b"WEBPVP":
        return "image/webp"
    return None
