"""The modules of the pages, each by itself in the browser: amounts, times, numbers, and the feed on a bad line."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route

from tests.support.browser import Person
from tests.support.pages import PageShop

Visit = Callable[..., Person]

FOLLOW = """async () => {
    const session = await import("/assets/session.js");
    const { follow } = await import("/assets/feed.js");
    session.adopt({ access_token: "a", refresh_token: "r", expires_in: 1800 });
    window.told = [];
    window.stop = follow("b", null, {
        events: (events) => window.told.push(...events.map((one) => one.seq)),
        gone: (newest) => window.told.push(`gone to ${newest}`),
        online: (online) => window.told.push(online),
    });
}"""


@pytest.fixture
def person(shop: PageShop, visit: Visit) -> Person:
    """Somebody on a page that asks the server for nothing more."""
    one = visit(shop.url)
    one.open("/shop/none")
    one.see("There is no shop at this address")
    return one


def results(person: Person, module: str, calls: list[str]) -> list[Any]:
    """Return what calls of a module's functions return."""
    script = f"import('/assets/{module}').then((m) => [{', '.join(f'm.{call}' for call in calls)}])"
    found: list[Any] = person.page.evaluate(script)
    return found


def test_amounts_have_the_digits_of_their_currency(person: Person) -> None:
    calls = ["money(1234, 'EUR')", "money(500, 'JPY')", "money(1234, 'KWD')", "digitsOf('JPY')"]
    euro, yen, dinar, digits = results(person, "money.js", calls)
    assert (euro, yen.endswith("¥500"), dinar.endswith("1.234"), digits) == ("€12.34", True, True, 0)


def test_a_countdown_never_runs_below_nothing(person: Person) -> None:
    times = [545_000, 59_001, 1, 0, -5_000]
    shown = results(person, "time.js", [f"countdown({time})" for time in times])
    assert shown == ["9:05", "1:00", "0:01", "0:00", "0:00"]


def test_phone_numbers_are_taken_as_people_type_them(person: Person) -> None:
    typed = {
        "+49 30 123456": "+4930123456",
        "0049 (30) 123-456": "+4930123456",
        "+49 (0)30 123456": "+4930123456",
        "+1 415.555.0123": "+14155550123",
        "030 123456": "030 123456",  # which country is not known: the server refuses it
        "call me": "call me",
    }
    found = results(person, "phone.js", [f"phoneOf({json.dumps(text)})" for text in typed])
    assert found == list(typed.values())


def test_pauses_grow_to_a_limit_and_are_never_shorter_than_the_server_asks(person: Person) -> None:
    first, late, asked = results(
        person, "backoff.js", ["pauseAfter(0, null)", "pauseAfter(50, null)", "pauseAfter(0, 7)"]
    )
    assert 250 <= first <= 500
    assert 7_500 <= late <= 15_000
    assert asked >= 7_000


def test_keys_of_orders_are_random_and_of_the_form_that_the_api_takes(person: Person) -> None:
    keys = results(person, "key.js", ["newKey()"] * 20)
    assert len(set(keys)) == 20
    assert {len(key) for key in keys} == {32}


def test_every_event_is_told_once_in_order_whatever_the_line_does(person: Person) -> None:
    def events(*numbers: int) -> dict[str, Any]:
        return {"json": {"events": [{"seq": number} for number in numbers], "next": None}}

    problem = {"content_type": "application/problem+json"}
    answers: list[dict[str, Any] | None] = [
        {"status": 400, "body": '{"code": "invalid_input", "newest": 0}', **problem},
        events(1, 2),
        {"status": 503, "headers": {"Retry-After": "1"}, "body": '{"code": "service_unavailable"}', **problem},
        None,  # no answer
        {"status": 502, "body": "<html>a proxy's page</html>"},
        events(3),
        {"status": 410, "body": '{"code": "events_gone", "oldest": 8, "newest": 10}', **problem},
        events(11),
        {**events(), "headers": {"Retry-After": "60"}},
    ]
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url.partition("after=")[2].partition("&")[0])
        given = answers[len(asked) - 1]
        if given is None:
            route.abort()
        else:
            route.fulfill(**given)

    person.context.route("**/api/businesses/b/events*", answer)
    person.page.evaluate(FOLLOW)
    while len(asked) < len(answers):
        person.page.wait_for_timeout(50)
    assert asked == ["9007199254740991", "0", "2", "2", "2", "2", "3", "10", "11"]
    assert person.page.evaluate("window.stop(), window.told") == ["gone to 0", 1, 2, 3, "gone to 10", 11]
