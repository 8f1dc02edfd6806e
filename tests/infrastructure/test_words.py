"""Words that the project gave up for the field's own do not come back."""

import re

import pytest

from tests.infrastructure.test_documents import committed
from tests.support.tools import ROOT

GIVEN_UP = {
    "Happening": "StatusChange",
    "OrderDesk": "the service itself",
    "HealthDesk": "HealthServices",
    r"\bshare_one\b": "pin_to_core",
    r"\bany_one\b": "any_core",
    "knows_callers": "authenticates",
    r"\.known\(\)": "require_identity()",
    r"def given\b|(?<!@)\bgiven\(": "changed_fields",
    r"\bgrave\b": "tombstone",
    r"\bbehind\b(?= =|\))": "next",
}
"""Patterns, each with the word that stands for it now."""

SPEAKING = (".py", ".md", ".yml", ".yaml", ".tf", ".js", ".sh", ".toml")


@pytest.mark.parametrize("word", GIVEN_UP)
def test_a_word_that_was_given_up_stays_away(word: str) -> None:
    for name in committed():
        if name.endswith(SPEAKING) and name != "tests/infrastructure/test_words.py":
            found = re.findall(word, (ROOT / name).read_text())
            assert not found, f"{name} says {found[0]!r}; the word is {GIVEN_UP[word]}"
