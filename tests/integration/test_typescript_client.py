"""The TypeScript client: its own tests, run against real servers that they may kill."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from shopkeeper.functions.openapi import openapi_document
from tests.support.tools import need
from tests.support.typescript import CLIENT, Mortal, bundle, obeying, run

TESTS = sorted((CLIENT / "tests").glob("*.test.ts"))
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SENT_AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Mortal]:
    """A server that a test may kill."""
    running = Mortal(tmp_path / "shop.db")
    yield running
    running.server.stop()


def signed_webhook() -> str:
    """Return a delivery that the reference implementation signed, for the tests in TypeScript."""
    body = '{"type":"order.accepted","timestamp":"2026-11-21T12:00:00.000Z","data":{"business_id":"Zoë","seq":42}}'
    headers = {
        "webhook-id": "evt_business_42",
        "webhook-timestamp": str(int(SENT_AT.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("evt_business_42", SENT_AT, body),
    }
    return json.dumps({"secret": SECRET, "headers": headers, "body": body, "now": int(SENT_AT.timestamp())})


@pytest.mark.parametrize("test", TESTS, ids=lambda path: path.name)
def test_the_client_passes_its_own_tests(test: Path, mortal: Mortal, tmp_path: Path) -> None:
    program = bundle(test, tmp_path / f"{test.stem}.mjs", "--platform=node")
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(openapi_document()))
    with obeying({"kill": mortal.kill, "start": mortal.start}) as control:
        said = run(
            [need("node"), "--test", "--test-reporter=tap", program],
            tmp_path,
            SHOPKEEPER_URL=mortal.server.url,
            SHOPKEEPER_CONTROL=control,
            SIGNED_WEBHOOK=signed_webhook(),
            OPENAPI_DOCUMENT=str(document),
        )
    assert "\n# fail 0\n" in said
    assert "\n# skipped 0\n" in said
    assert "\n# pass 0\n" not in said
