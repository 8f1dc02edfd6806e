"""The data of bots and countries: it is what the locked packages say, in a form that Python can use."""

import re

import pytest
import traffic_data
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.domains.traffic.bots_data import EXPRESSIONS, LITERALS, PREFIXES
from tests.support.tools import need


def test_the_data_is_what_make_traffic_data_writes() -> None:
    need("node")
    for path, text in traffic_data.generated().items():
        assert path.read_text() == text, f"{path.name} is stale: run `make traffic-data`"


def test_every_pattern_of_isbot_is_in_the_data() -> None:
    need("node")
    _, patterns = traffic_data.isbot()
    assert len(patterns) > 150
    assert len(patterns) == len(PREFIXES) + len(LITERALS) + len(EXPRESSIONS)


@pytest.mark.parametrize(
    ("pattern", "guard"),
    [
        (r"(?:^|[^g])news(?!sapphire)", "news"),
        (r"\.com\b", ".com"),
        (r"^[\w\-]+/[\w]+$", "/"),
        (r"abc?d", "ab"),
        (r"ab+cd", "ab"),
        (r"abc*|xyz", ""),
        (r"^\d+\b", ""),
        (r"x\(y\)", "x(y)"),
        (r"(?:abcdef)?gh", "gh"),
        (r"[abcdef]g", "g"),
        (r"ab{0,3}c", "a"),
    ],
)
def test_an_expression_is_guarded_by_a_text_that_it_needs(pattern: str, guard: str) -> None:
    assert traffic_data.guard(pattern) == guard


@settings(max_examples=200)
@given(st.data())
def test_whatever_fits_an_expression_contains_its_guard(data: st.DataObject) -> None:
    guard, pattern = data.draw(st.sampled_from(EXPRESSIONS))
    assert guard in data.draw(st.from_regex(re.compile(pattern, re.ASCII)))


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        ("(?<! channel/|google/)google", "(?<! channel/)(?<!google/)google"),
        (r"^mozilla\/\d", r"^mozilla/\d"),
        (r"[\w\d-.]+", r"[\w\d.-]+"),
    ],
)
def test_a_pattern_of_javascript_gets_the_form_of_python(pattern: str, form: str) -> None:
    assert traffic_data.python_form(pattern) == form
    re.compile(form)
