"""Which characters show something.

Source: Unicode Character Database, general categories, and `Default_Ignorable_Code_Point` of UAX #44. No pattern
that JSON Schema and Python read alike can say it, for neither may name a category.
"""

from unicodedata import category

_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Mn", "Mc", "Me", "Zs", "Zl", "Zp"})
"""Controls and formats, combining marks, which need something to stand on, and separators.

What is not assigned in this Python's database, like an emoji of next year, may well show something.
"""

_INVISIBLE = frozenset(
    {
        *"\u115f\u1160\u3164\uffa0",  # Hangul fillers, which are letters
        *"\u2800\U0001d159",  # the Braille pattern without dots, the note without a head
        *map(chr, (0x2065, *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000))),  # to be ignored, once assigned
    }
)


def shows_something(text: str) -> bool:
    """Tell whether a text holds a character that can be seen."""
    return any(character not in _INVISIBLE and category(character) not in _INVISIBLE_CATEGORIES for character in text)
