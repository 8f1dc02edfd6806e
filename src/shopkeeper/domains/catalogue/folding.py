"""Texts as a search compares them: without case and accents. Folding is slow, so it is done when an item is written."""

MAX_FOLDED = 4000
"""Characters that are kept of a folded text. One character may fold to eighteen."""


def folded_text(name: str, description: str | None) -> str:
    """Return what a search finds an item by: its name and its description, folded and bounded."""
    return "\n".join(fold(text) for text in (name, description or ""))[:MAX_FOLDED]


def fold(text: str) -> str:
    """Return a text without case and accents (Unicode NFKD without marks, case folded)."""
    from unicodedata import combining, normalize  # a cold start does not need it

    parts = normalize("NFKD", text.strip())
    return "".join(part for part in parts if not combining(part)).casefold()
