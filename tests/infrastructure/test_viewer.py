"""With `FRONT=distribution` the distribution says who asks for the counter, and what has a body goes to the gateway."""

from fnmatch import fnmatch

import pytest

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.facts import facts
from shopkeeper.runtime.lambda_.payload_two import VIEWER_ADDRESS
from tests.support.rewriting import viewed


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::7"])
def test_the_address_is_the_viewers_whatever_he_wrote(address: str) -> None:
    wrote = {"X-Viewer-Address": "198.51.100.1", "X-Forwarded-For": "198.51.100.1", "Origin": "https://shop.example"}
    headers = viewed("GET", address, wrote).headers
    assert headers[VIEWER_ADDRESS] == {"value": address}
    assert headers["origin"] == {"value": "https://shop.example"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_has_no_body_goes_where_the_distribution_says(method: str) -> None:
    assert viewed(method, "203.0.113.9", {}).chosen == []


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "PUT", "PATCH", "DELETE"])
def test_all_else_goes_to_the_gateway(method: str) -> None:
    assert viewed(method, "203.0.113.9", {}).chosen == ["api"]


def test_only_one_function_has_a_url_and_no_other_answers_its_paths() -> None:
    with_url = [function for function in FUNCTIONS if function.has_url]
    assert [function.name for function in with_url] == ["visits"]
    patterns = facts()["pages"]["direct"]
    assert set(patterns) <= set(facts()["pages"]["api"])
    for route, function in facts()["routes"].items():
        path = route.split(" ")[1]
        if path != "/":  # the owner's page
            assert any(fnmatch(path, pattern) for pattern in patterns) == (function == "visits"), route
