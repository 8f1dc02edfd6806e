"""Text that is taken from callers shows something, and whatever people write is taken."""

import msgspec
import pytest

from shopkeeper.domains.accounts.endpoints import ENDPOINTS
from shopkeeper.http import Request
from shopkeeper.http.binding import bind
from tests.support.things import content, post

BLANK = {
    "a zero-width space": "\u200b",
    "zero-width joiners": "\u200d\u200d",
    "a word joiner": "\u2060",
    "a byte order mark": "\ufeff",
    "a soft hyphen": "\u00ad",
    "marks of direction": "\u200e\u202e\u2066",
    "a Hangul choseong filler": "\u115f",
    "a Hangul jungseong filler": "\u1160",
    "a Hangul filler": "\u3164",
    "a halfwidth Hangul filler": "\uffa0",
    "a Braille blank": "\u2800",
    "variation selectors": "\ufe0f\U000e0100",
    "a tag": "\U000e0041",
    "combining marks alone": "\u0301\u0308",
    "a spacing mark alone": "\u093e",
    "an enclosing mark alone": "\u20dd",
    "spaces around nothing": " \u00a0\u200b\u3000 ",
    "an ignorable character without a name": "\u2065\ufff0\U000e0fff",
}


@pytest.mark.parametrize("text", BLANK.values(), ids=BLANK)
def test_a_text_that_shows_nothing_is_refused_with_a_clear_message(text: str) -> None:
    answer = post({"name": text})
    assert answer.status == 400
    message = {"field": "name", "message": "must hold a character that can be seen"}
    assert content(answer)["errors"] == [message]
    nested = post({"name": "a", "lines": [{"item": text, "quantity": 1}]})
    assert content(nested)["errors"] == [{**message, "field": "lines[0].item"}]


SHOWN = [
    *("Ann", "-", "7", "é", "e\u0301", "日本", "한글", "ไทย", "हिन्दी", "🙂", "❤\ufe0f"),
    *(
        "👩\u200d🍳",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "क\u094dष",
        "\u2801",
        "\ue000",
        "\U0001fbf9",
        "x\u200b",
    ),
]


@pytest.mark.parametrize("text", SHOWN, ids=ascii)
def test_a_text_that_shows_something_is_kept_as_it_is(text: str) -> None:
    answer = post({"name": text})
    assert answer.status == 201
    assert content(answer)["what"]["name"] == text


def test_a_password_may_be_of_any_characters() -> None:
    endpoint = next(one for one in ENDPOINTS if one.path == "/api/auth/login")
    body = msgspec.json.encode({"email": "ann@example.com", "password": "\u200b" * 12})
    request = Request("POST", endpoint.path, (), "id", headers={"content-type": "application/json"}, body=body)
    assert bind(endpoint, request, {}).body.password == "\u200b" * 12
