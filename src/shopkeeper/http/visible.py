"""Visible characters.

Source: Unicode Character Database, general categories, and `Default_Ignorable_Code_Point` of UAX #44. This cannot be a
pattern of the schema, because patterns common to JSON Schema and Python cannot name a category.
"""

from unicodedata import category

_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Mn", "Mc", "Me", "Zs", "Zl", "Zp"})
"""Control and format characters, combining marks (invisible without a base character), and separators.

Unassigned characters count as visible, because a newer Unicode version may assign them, for example to emoji.
"""

_INVISIBLE = frozenset(
    {
        *"\u115f\u1160\u3164\uffa0",  # Hangul fillers, which are letters
        *"\u2800\U0001d159",  # the Braille pattern without dots, the note without a head
        *map(chr, (0x2065, *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000))),  # reserved as default-ignorable
    }
)


def shows_something(text: str) -> bool:
    """Return whether a text contains a visible character."""
    return any(character not in _INVISIBLE and category(character) not in _INVISIBLE_CATEGORIES for character in text)
