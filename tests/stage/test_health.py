"""What a stage says of itself."""

from urllib.parse import urlsplit

import pytest

from tests.support.http import post_json, send
from tests.support.stage import UUID, assert_problem

FIELDS: dict[str, set[str]] = {
    "/health": {"status", "service", "database", "counter_value", "timestamp"},
    "/": {"message", "status", "version", "environment", "timestamp", "links"},
    "/health/detailed": {
        *("status", "service", "version", "environment", "region", "timestamp"),
        *("database", "tables"),
    },
}


@pytest.mark.parametrize("path", FIELDS)
def test_it_is_healthy_in_exactly_these_fields(url: str, path: str) -> None:
    answer = send(url, "GET", path)
    assert (answer.status, answer.json["status"]) == (200, "healthy"), answer
    assert set(answer.json) == FIELDS[path]
    assert UUID.fullmatch(answer.headers["x-request-id"])


def test_every_table_is_connected_and_was_timed(url: str) -> None:
    health = send(url, "GET", "/health/detailed").json
    assert health["database"]["status"] == "connected"
    assert len({table["table"] for table in health["tables"]}) == len(health["tables"]) >= 10
    assert {table["status"] for table in health["tables"]} == {"connected"}
    assert all(table["latency_ms"] >= 0 for table in health["tables"])


def test_registrations_can_be_taken(url: str) -> None:
    health = send(url, "GET", "/auth/health").json
    assert (health["status"], health["service"]) == ("healthy", "auth")


def test_looking_at_the_health_counts_no_visit(url: str) -> None:
    values = [send(url, "GET", "/health").json["counter_value"] for _ in range(3)]
    assert values == sorted(values)
    assert values[0] >= 0


def test_the_links_of_the_front_door_lead_to_this_stage(url: str) -> None:
    place = urlsplit(url)
    origin = f"{place.scheme}://{place.netloc}"
    links = send(url, "GET", "/").json["links"]
    assert {"counter", "counter_health", "health", "auth_health", "register_business"} <= set(links)
    assert all(link.startswith(place.path) for link in links.values())
    for name in set(links) - {"counter", "register_business"}:
        assert send(origin, "GET", links[name]).status == 200, name
    assert_problem(post_json(origin, links["register_business"], {"nickname": 1}), 400, "invalid_input", *MISSING)


MISSING = ("nickname", "business_name", "email", "phone", "address", "cognito_user_id")
