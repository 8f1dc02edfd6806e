"""The endpoints of webhooks: for the owner of a business alone, with secrets that are shown once."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import standardwebhooks

from shopkeeper.http import Response
from shopkeeper.storage.tables import BUSINESSES, SUBSCRIPTIONS, TABLES, WEBHOOKS
from tests.support.application import Shop, whole
from tests.support.faults import FaultyServer, answers, hangs_up, never_answers
from tests.support.stores import ATOMIC, open_store
from tests.support.webhook_requests import fields

URL = "https://hooks.example/a"


class Owned(Shop):
    """A business of the account `ann`, and the paths of its webhooks."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.add_account("ann")
        self.business_id = self.add_business("ann")
        self.path = f"/api/businesses/{self.business_id}/webhooks"

    def hook(self, url: str = URL, **more: Any) -> Any:
        return self.give("POST", self.path, {"url": url, **more}, by="ann")

    def change(self, webhook: Any, body: object, tag: str = "*") -> Response:
        return self.ask("PATCH", self.of(webhook), body, by="ann", headers={"if-match": tag})

    def of(self, webhook: Any, more: str = "") -> str:
        return f"{self.path}/{webhook['webhook_id']}{more}"


@pytest.fixture(params=ATOMIC)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Owned]:
    """A shop on each store."""
    kind = request.param
    endpoints = {} if kind == "sqlite" else {kind: str(request.getfixturevalue(kind))}
    store = open_store(kind, endpoints, tmp_path, TABLES)
    yield Owned(store)
    store.close()


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Owned]:
    """A shop on SQLite."""
    store = open_store("sqlite", {}, tmp_path, TABLES)
    yield Owned(store)
    store.close()


def code(response: Response) -> tuple[int, str]:
    return response.status, json.loads(whole(response))["code"]


def told(response: Response) -> dict[str, str]:
    """Return what is wrong with each field."""
    assert response.status == 400, response
    return {error["field"]: error["message"] for error in json.loads(whole(response))["errors"]}


def test_a_new_webhook_has_a_secret_that_is_shown_only_then(shop: Owned) -> None:
    response = shop.ask("POST", shop.path, {"url": URL, "kinds": ["order.*"], "description": "Printer"}, by="ann")
    made = json.loads(whole(response))
    assert response.status == 201
    assert response.headers["Location"] == shop.of(made)
    assert response.headers["ETag"] == '"1"'
    secret = made.pop("secret")
    standardwebhooks.Webhook(secret)
    assert made == {
        "webhook_id": made["webhook_id"],
        "business_id": shop.business_id,
        "url": URL,
        "kinds": ["order.*"],
        "description": "Printer",
        "status": "on",
        "cursor": 0,
        "newest": 0,
        "failing_since": None,
        "next_attempt_at": None,
        "off_since": None,
        "off_reason": None,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
        "version": 1,
    }
    assert shop.give("GET", shop.of(made), by="ann") == made
    assert shop.give("GET", shop.path, by="ann") == {"webhooks": [made]}
    for path in (shop.path, shop.of(made), shop.of(made, "/deliveries")):
        assert secret.encode() not in whole(shop.ask("GET", path, by="ann"))


def test_webhooks_are_for_the_owner_of_their_business_alone(plain: Owned) -> None:
    made = plain.hook()
    plain.add_account("bob")
    other = plain.add_business("bob")
    tag = {"if-match": "*"}
    for method, more, body in [
        *(("GET", "", {}), ("PATCH", "", {}), ("DELETE", "", {}), ("POST", "/rotate", {}), ("POST", "/test", {})),
        *(("GET", "/deliveries", {}), ("POST", "/replay", {"from": 1})),
    ]:
        path = plain.of(made, more)
        assert code(plain.ask(method, path, body, by="bob", headers=tag)) == (404, "not_found")
        assert code(plain.ask(method, path, body, headers=tag)) == (401, "unauthenticated")
        theirs = path.replace(plain.business_id, other)
        assert code(plain.ask(method, theirs, body, by="bob", headers=tag)) == (404, "not_found")
    for method in ("GET", "POST"):
        assert code(plain.ask(method, plain.path, {"url": URL}, by="bob")) == (404, "not_found")
    assert plain.give("GET", plain.path, by="ann")["webhooks"][0]["version"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        *(({}, "url"), ({"url": ""}, "url"), ({"url": 1}, "url"), ({"url": None}, "url"), ({"url": "x"}, "url")),
        *(({"url": "http://hooks.example/"}, "url"), ({"url": "https://10.0.0.1/"}, "url")),
        *(({"url": "https://u:p@hooks.example/"}, "url"), ({"url": "https://hooks.example/" + "a" * 2000}, "url")),
        *(({"url": "https://hooks.example:25/"}, "url"), ({"url": "https://[64:ff9b::7f00:1]/"}, "url")),
        *(({"url": URL, "kinds": []}, "kinds"), ({"url": URL, "kinds": ["a"] * 21}, "kinds")),
        *(({"url": URL, "kinds": ["ord*"]}, "kinds[0]"), ({"url": URL, "kinds": ["*.a"]}, "kinds[0]")),
        *(({"url": URL, "kinds": [""]}, "kinds[0]"), ({"url": URL, "kinds": ["a..b"]}, "kinds[0]")),
        *(({"url": URL, "kinds": ["a" * 65]}, "kinds[0]"), ({"url": URL, "kinds": "order.*"}, "kinds")),
        *(({"url": URL, "description": ""}, "description"), ({"url": URL, "description": "a" * 201}, "description")),
        *(({"url": URL, "secret": "whsec_mine"}, "secret"), ({"url": URL, "enabled": True}, "enabled")),
    ],
)
def test_what_is_wrong_with_a_webhook_is_told_and_nothing_is_stored(plain: Owned, body: object, field: str) -> None:
    assert field in told(plain.ask("POST", plain.path, body, by="ann"))
    assert not plain.store.scan(WEBHOOKS).items
    assert not plain.store.scan(SUBSCRIPTIONS).items


def test_outside_of_dev_no_webhook_leads_to_this_machine(tmp_path: Path) -> None:
    store = open_store("sqlite", {}, tmp_path, TABLES)
    shop = Owned(store, STAGE="prod", JWT_SECRET_KEY="5e0f1c9a7b3d2846a1c0e9f8d7b6a594")
    for url in ("http://localhost:9000/", "http://127.0.0.1:9000/", "https://127.0.0.1/", "https://[::1]/"):
        assert "url" in told(shop.ask("POST", shop.path, {"url": url}, by="ann"))
    made = shop.hook("https://localhost/")  # names are looked up when something is sent
    assert shop.give("POST", shop.of(made, "/test"), by="ann")["error"] == "address_not_public"
    store.close()


def test_a_business_has_at_most_ten_webhooks_also_if_many_are_made_at_once(shop: Owned) -> None:
    outcomes: list[Response] = []
    threads = [
        threading.Thread(
            target=lambda: outcomes.extend(shop.ask("POST", shop.path, {"url": URL}, by="ann") for _ in range(4))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted({response.status for response in outcomes} - {503}) == [201, 409]
    while shop.ask("POST", shop.path, {"url": URL}, by="ann").status == 201:
        pass
    listed = shop.give("GET", shop.path, by="ann")["webhooks"]
    assert len(listed) == 10
    assert code(shop.ask("POST", shop.path, {"url": URL}, by="ann")) == (409, "too_many_webhooks")
    gone = shop.ask("DELETE", shop.of(listed[0]), by="ann", headers={"if-match": "*"})
    assert gone.status == 204
    assert shop.hook()["webhook_id"] not in [one["webhook_id"] for one in listed]
    assert code(shop.ask("POST", shop.path, {"url": URL}, by="ann")) == (409, "too_many_webhooks")


def test_a_webhook_that_is_removed_is_gone_with_its_subscription(shop: Owned) -> None:
    made = shop.hook()
    assert shop.ask("DELETE", shop.of(made), by="ann", headers={"if-match": '"1"'}).status == 204
    assert code(shop.ask("GET", shop.of(made), by="ann")) == (404, "not_found")
    assert shop.give("GET", shop.path, by="ann") == {"webhooks": []}
    assert not shop.store.scan(SUBSCRIPTIONS).items
    assert not shop.store.scan(WEBHOOKS).items


def test_a_change_needs_the_version_that_was_seen(plain: Owned) -> None:
    made = plain.hook()
    assert code(plain.ask("PATCH", plain.of(made), {}, by="ann")) == (428, "precondition_required")
    assert code(plain.ask("DELETE", plain.of(made), by="ann")) == (428, "precondition_required")
    changed = plain.change(made, {"kinds": ["order.*"], "description": None}, '"1"')
    assert (changed.status, changed.headers["ETag"]) == (200, '"2"')
    assert json.loads(whole(changed))["kinds"] == ["order.*"]
    assert code(plain.change(made, {"kinds": None}, '"1"')) == (412, "precondition_failed")
    assert json.loads(whole(plain.change(made, {"kinds": None}, '"2"')))["kinds"] is None


def test_a_webhook_is_switched_off_and_on_by_its_owner(shop: Owned) -> None:
    made = shop.hook()
    off = json.loads(whole(shop.change(made, {"enabled": False})))
    assert (off["status"], off["off_reason"], off["newest"]) == ("off", "owner", 1)
    again = json.loads(whole(shop.change(made, {"enabled": False})))
    assert (again["off_since"], again["newest"]) == (off["off_since"], 1)
    moved = json.loads(whole(shop.change(made, {"url": "https://other.example/"})))
    assert (moved["status"], moved["url"]) == ("off", "https://other.example/")
    on = json.loads(whole(shop.change(made, {"enabled": True})))
    assert (on["status"], on["cursor"], on["off_reason"]) == ("on", 0, None)
    events = shop.give("GET", f"/api/businesses/{shop.business_id}/events", by="ann")["events"]
    assert [(one["type"], one["subject"], one["data"]) for one in events] == [
        ("webhook.disabled", made["webhook_id"], {"reason": "owner"})
    ]


@pytest.mark.parametrize(
    ("body", "field"), [({"url": "http://x.example/"}, "url"), ({"url": None}, "url"), ({"enabled": None}, "enabled")]
)
def test_a_bad_change_changes_nothing(plain: Owned, body: object, field: str) -> None:
    made = plain.hook()
    assert field in told(plain.change(made, body))
    assert plain.give("GET", plain.of(made), by="ann")["version"] == 1


def test_after_a_rotation_the_former_secret_verifies_as_well(plain: Owned) -> None:
    with FaultyServer(answers(204, b"")) as server:
        made = plain.hook(server.url)
        rotated = plain.give("POST", plain.of(made, "/rotate"), by="ann")
        assert rotated["secret"] != made["secret"]
        assert rotated["version"] == 2
        assert plain.give("POST", plain.of(made, "/test"), by="ann")["status"] == 204
    (request,) = server.requests
    for secret in (made["secret"], rotated["secret"]):
        assert standardwebhooks.Webhook(secret).verify(request.body, fields(request))


def test_a_test_is_sent_at_once_and_tells_what_came(plain: Owned) -> None:
    with FaultyServer(answers(200, b"Hi"), answers(500, b"Oh"), hangs_up) as server:
        made = plain.hook(server.url, kinds=["order.*"])
        results = [plain.give("POST", plain.of(made, "/test"), by="ann") for _ in range(3)]
    assert [(one["status"], one["error"]) for one in results] == [
        (200, None),
        (500, "status_500"),
        (None, "no_answer"),
    ]
    assert all(one["milliseconds"] >= 0 for one in results)
    sent = json.loads(server.requests[0].body)
    assert sent["type"] == "webhook.test"
    assert sent["data"] == {"business_id": plain.business_id, "webhook_id": made["webhook_id"]}
    assert plain.give("GET", plain.of(made), by="ann")["cursor"] == 0
    assert plain.give("GET", plain.of(made, "/deliveries"), by="ann") == {"deliveries": [], "next": None}


@pytest.mark.parametrize("body", [{}, {"from": 0}, {"from": -1}, {"from": "1"}, {"from": 2}, {"from": 2**60}])
def test_a_replay_of_what_was_not_sent_yet_is_refused(plain: Owned, body: object) -> None:
    assert "from" in told(plain.ask("POST", plain.of(plain.hook(), "/replay"), body, by="ann"))


def test_a_business_that_is_being_deleted_gets_no_webhook(plain: Owned) -> None:
    record = plain.store.get(BUSINESSES, {"business_id": plain.business_id}) or {}
    plain.store.put(BUSINESSES, {**record, "closing_since": "2026-11-21T12:00:00.000Z"})
    assert code(plain.ask("POST", plain.path, {"url": URL}, by="ann")) == (409, "business_closing")


def test_the_secret_of_a_webhook_is_in_no_text_of_its_record(plain: Owned) -> None:
    from shopkeeper.domains.webhooks.records import webhooks

    made = plain.hook()
    record = webhooks(plain.store).require(plain.business_id, made["webhook_id"])
    assert made["secret"] not in f"{record}{record!r}{[record]}"
    assert made["secret"].encode() in msgspec.json.encode(record)


def test_a_receiver_that_never_answers_is_not_waited_for_without_end(plain: Owned) -> None:
    from shopkeeper.net.deadline import ending_in

    with FaultyServer(never_answers) as server, ending_in(2):
        result = plain.give("POST", plain.of(plain.hook(server.url), "/test"), by="ann")
    assert result["error"] == "no_answer"
