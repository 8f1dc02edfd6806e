"""Webhooks as a server sends them: orders over HTTP, real receivers, and the page that tells how to receive."""

import json
import re
import signal
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.faults import Exchange, FaultyServer, answers
from tests.support.jumping import JUMPING, set_clock
from tests.support.processes import Shopkeeper
from tests.support.shop import Owner, order_for, place
from tests.support.tools import ROOT, need
from tests.support.webhook_requests import fields

WITHIN_SECONDS = 60
PAGE = (ROOT / "docs" / "webhooks.md").read_text()
NODE_CALL = """
import { verify } from './verify.mjs';
let input = '';
for await (const chunk of process.stdin) input += chunk;
const given = JSON.parse(input).map(([secret, headers, body]) => [secret, headers, Buffer.from(body, 'base64')]);
console.log(JSON.stringify(given.map((one) => verify(...one))));
"""

Delivery = tuple[str, dict[str, str], bytes]
"""A secret, and the header fields and the body of a request."""


def until(happened: Callable[[], object], what: str) -> None:
    """Wait until something has happened."""
    ends = time.monotonic() + WITHIN_SECONDS
    while not happened():
        assert time.monotonic() < ends, f"{what} did not happen"
        time.sleep(0.01)


def hook(owner: Owner, url: str, **more: Any) -> dict[str, Any]:
    """Make a webhook of an owner and return it with its secret."""
    made = owner.ask("POST", f"/api/businesses/{owner.business_id}/webhooks", {"url": url, **more})
    assert made.status == 201, made
    content: dict[str, Any] = made.json
    return content


def numbers(server: FaultyServer) -> list[int]:
    return [json.loads(request.body)["data"]["seq"] for request in server.requests]


def blocks(language: str) -> str:
    """Return the code of the page in a language."""
    return "\n\n".join(re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


def verified_in_python(deliveries: list[Delivery]) -> list[bool]:
    names: dict[str, Any] = {}
    exec(blocks("python"), names)
    return [names["verify"](*delivery) for delivery in deliveries]


def verified_in_javascript(deliveries: list[Delivery], folder: Path) -> list[bool]:
    (folder / "verify.mjs").write_text(blocks("js"))
    (folder / "call.mjs").write_text(NODE_CALL)
    given = json.dumps([(secret, headers, b64encode(body).decode()) for secret, headers, body in deliveries])
    command = [need("node"), str(folder / "call.mjs")]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=60)
    verified: list[bool] = json.loads(done.stdout)
    return verified


def test_an_order_reaches_a_webhook_and_the_functions_of_the_page_verify_it(site: Shopkeeper, tmp_path: Path) -> None:
    with FaultyServer(answers(204, b"")) as server:
        owner = Owner(site.url)
        webhook = hook(owner, server.url, kinds=["order.*"])
        order = place(owner, order_for(owner.add())).json
        until(lambda: server.requests, "a delivery")
        (request,) = server.requests
        sent, body = fields(request), json.loads(request.body)
        assert sent["webhook-id"] == f"evt_{owner.business_id}_1"
        assert (body["type"], body["data"]["subject"]) == ("order.received", order["order_id"])
        assert "Bob" not in request.body.decode()
        path = f"/api/businesses/{owner.business_id}/webhooks/{webhook['webhook_id']}"
        until(lambda: owner.ask("GET", path).json["cursor"] == 1, "the move of the cursor")
        (delivery,) = owner.ask("GET", f"{path}/deliveries").json["deliveries"]
        assert (delivery["seq"], delivery["state"], delivery["status"]) == (1, "delivered", 204)
    secret = webhook["secret"]
    deliveries = [
        (secret, sent, request.body),
        (secret.replace("whsec_", "whsec_AAAA"), sent, request.body),
        (secret, sent, request.body + b" "),
        (secret, {**sent, "webhook-id": "evt_x_1"}, request.body),
        (secret, {**sent, "webhook-timestamp": str(int(sent["webhook-timestamp"]) - 400)}, request.body),
        (secret, {**sent, "webhook-timestamp": "soon"}, request.body),
        (secret, {**sent, "webhook-signature": "v1,AAAA v2,x"}, request.body),
        (secret, {**sent, "webhook-signature": f"v1,AAAA {sent['webhook-signature']}"}, request.body),
    ]
    expected = [True, *[False] * 6, True]
    assert verified_in_python(deliveries) == verified_in_javascript(deliveries, tmp_path) == expected


def test_all_steps_of_many_orders_come_in_their_order(site: Shopkeeper) -> None:
    with FaultyServer(answers(200, b"")) as server:
        owner = Owner(site.url)
        item = owner.add()
        hook(owner, server.url)
        for _ in range(5):
            order = place(owner, order_for(item)).json
            for step in ("accept", "prepare", "ready"):
                owner.ask("POST", f"/api/orders/{order['order_id']}/{step}")
        until(lambda: len(server.requests) >= 20, "the last delivery")
        assert numbers(server) == list(range(1, 21))


def test_a_receiver_that_does_not_answer_delays_neither_other_receivers_nor_orders(server: Shopkeeper) -> None:
    def silent(exchange: Exchange) -> None:
        exchange.server.closing.wait(WITHIN_SECONDS)
        exchange.keep = False

    with FaultyServer(answers(200, b"")) as quick, FaultyServer(silent) as tardy:
        owners = [Owner(server.url) for _ in range(2)]
        hook(owners[0], tardy.url)
        hook(owners[0], quick.url)
        hook(owners[1], quick.url)
        items = [owner.add() for owner in owners]
        for _ in range(3):
            for owner, item in zip(owners, items, strict=True):
                assert place(owner, order_for(item)).status == 201
        until(lambda: len(quick.requests) == 6, "the last delivery")
        until(lambda: tardy.requests, "the call that is not answered")
        assert not tardy.closing.is_set()


def test_a_killed_server_sends_what_it_had_not_sent_with_the_same_ids(tmp_path: Path) -> None:
    data, clock = tmp_path / "shop.db", tmp_path / "clock"
    set_clock(clock, 0)
    told = {"CLOCK": str(clock), "JWT_SECRET_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}
    with FaultyServer(answers(503, b""), answers(200, b"")) as receiver:
        keeper = Shopkeeper(data, 0, JUMPING, **told)
        try:
            owner = Owner(keeper.url)
            item = owner.add()
            webhook = hook(owner, receiver.url)
            for _ in range(3):
                place(owner, order_for(item))
            until(lambda: receiver.requests, "a first attempt")
            keeper.stop(signal.SIGKILL)
            set_clock(clock, 100)
            keeper = Shopkeeper(data, 0, JUMPING, **told)
            until(lambda: len(receiver.requests) >= 4, "the last delivery")
            keeper.stop()
            assert keeper.process.returncode == 0
        finally:
            keeper.stop()
    ids = [fields(request)["webhook-id"] for request in receiver.requests]
    assert list(dict.fromkeys(ids)) == [f"evt_{owner.business_id}_{number}" for number in (1, 2, 3)]
    assert not [line for line in keeper.lines if webhook["secret"] in line]


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_the_page_names_every_header(header: str) -> None:
    assert f"| `{header}` |" in PAGE
