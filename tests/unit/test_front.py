"""With `FRONT=distribution` visitors behind one edge of the distribution are different people."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.functions.traffic import FUNCTION as TRAFFIC
from shopkeeper.functions.visits import FUNCTION as VISITS
from shopkeeper.runtime.lambda_.handler import Handler, lambda_handler
from tests.unit.test_lambda import Context, proxy
from tests.unit.test_lambda_events import http_api

SITE = "shop.example"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; rv:68.0) Gecko/20100101 Firefox/68.0"
PEOPLE = ("203.0.113.1", "203.0.113.2", "2001:db8:1::1")


def view(address: str) -> dict[str, Any]:
    """Return what the distribution asks the Function URL when somebody at an address opens a page."""
    headers = {"referer": f"https://{SITE}/", "user-agent": BROWSER, "x-viewer-address": address}
    return http_api("GET", "/hit.gif", rawQueryString="p=%2F", headers=headers)


def handlers(folder: Path, **variables: str) -> tuple[Handler, Handler]:
    """Return what counts and what reads, on a file of their own."""
    environment = {
        "STORE_URL": f"sqlite:///{folder / 'shop.db'}",
        "STAGE": "dev",
        "SITES": SITE,
        "JWT_SECRET_KEY": "x" * 64,
    }
    environment |= variables
    return lambda_handler(VISITS, environment), lambda_handler(TRAFFIC, environment | {"TRAFFIC_PUBLIC": "true"})


@pytest.mark.parametrize(("front", "uniques"), [("distribution", len(PEOPLE)), ("gateway", 1)])
def test_who_is_behind_one_edge(front: str, uniques: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    count, read = handlers(tmp_path, FRONT=front)
    for address in (*PEOPLE, *PEOPLE):
        assert count(view(address), Context())["statusCode"] == 200  # type: ignore[index]
    found: Any = read(proxy("GET", "/api/traffic", queryStringParameters={"site": SITE}), Context())
    totals = json.loads(found["body"])["totals"]
    assert (totals["views"], totals["daily_uniques"]) == (2 * len(PEOPLE), uniques)
