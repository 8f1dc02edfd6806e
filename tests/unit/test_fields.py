"""What a line of text may hold."""

from typing import Annotated

import msgspec
import pytest

from shopkeeper.http.constraints import text

Text = Annotated[str, text(20)]


@pytest.mark.parametrize("value", ["a", " a ", "two words", "é", "日本", "\u3000a", "\U0001f680", "a\u2028b"])
def test_a_text_holds_something_that_is_no_space(value: str) -> None:
    assert msgspec.convert(value, Text) == value


@pytest.mark.parametrize(
    "value", ["", " ", "\u3000", "a\n", "\na", "a\nb", "a\r\n", "\t", "a\0", "\x1f", "a\x7f", "\x80a", "a\x85", "\x9f"]
)
def test_a_text_of_spaces_or_with_a_control_character_is_refused_wherever_it_stands(value: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value, Text)
