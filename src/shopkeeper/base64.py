"""Base64 as a start needs it: Python's `base64` does the same, and loads `struct` for encodings that nobody uses."""

from binascii import a2b_base64, b2a_base64


def b64encode(data: bytes) -> str:
    """Return bytes in base64 (RFC 4648, section 4)."""
    return b2a_base64(data, newline=False).decode()


def b64decode(text: str) -> bytes:
    """Return the bytes of a text in base64. Raises ValueError for any other text."""
    return a2b_base64(text, strict_mode=True)


def urlsafe_b64encode(data: bytes) -> str:
    """Return bytes in the base64 of URLs, without padding (RFC 4648, section 5)."""
    return b64encode(data).rstrip("=").replace("+", "-").replace("/", "_")
