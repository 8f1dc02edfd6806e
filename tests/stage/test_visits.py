"""Visits, counted where the stage keeps the page `api-tests`; no other counter is touched."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.http import Answer, send
from tests.support.stage import UUID

PAGE = "/counter/api-tests"
AT_ONCE = 20


def visit(url: str) -> Answer:
    return send(url, "GET", PAGE)


def is_kept(url: str) -> bool:
    """Return whether the stage keeps the page; where it does not, the answer must say exactly that."""
    answer = visit(url)
    assert answer.status in (200, 404), answer
    wanted = (
        {"count", "timestamp", "status", "requestId"} if answer.status == 200 else {"status", "message", "requestId"}
    )
    assert set(answer.json) == wanted
    return answer.status == 200


def test_a_visit_is_counted_at_this_moment_under_an_id_of_its_own(url: str) -> None:
    if is_kept(url):
        first, second = visit(url), visit(url)
        assert first.json["status"] == "success"
        assert second.json["count"] > first.json["count"] > 0
        assert abs(datetime.fromisoformat(first.json["timestamp"]) - datetime.now(UTC)) < timedelta(minutes=5)
        assert first.json["timestamp"].endswith("Z")
        assert UUID.fullmatch(first.json["requestId"])
        assert first.json["requestId"] == first.headers["x-request-id"] != second.headers["x-request-id"]


def test_visits_at_the_same_time_are_all_counted(url: str) -> None:
    if is_kept(url):
        before = visit(url).json["count"]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            counts = [answer.json["count"] for answer in pool.map(lambda _: visit(url), range(AT_ONCE))]
        assert len(set(counts)) == AT_ONCE
        assert min(counts) > before
        assert visit(url).json["count"] > max(counts)


BAD_NAMES = ["bad%20name", "a%0d%0aSet-Cookie:x", "..%2f..%2fetc", "%2e%2e", "x" * 200, "%ff", "a%00b", "caf%C3%A9"]


@pytest.mark.parametrize("name", BAD_NAMES, ids=lambda name: str(name)[:20])
def test_a_name_that_no_counter_can_have_counts_nothing(url: str, name: str) -> None:
    answer = send(url, "GET", f"/counter/{name}")
    assert 400 <= answer.status < 500
    assert "count" not in answer.json
    assert "set-cookie" not in answer.headers
    assert b"etc" not in answer.body
