"""Every event of a business reaches its webhooks, whatever the receivers and the sender's own process do."""

import random
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from shopkeeper.domains.feed.dispatching import count_failing
from shopkeeper.domains.feed.model import EventsGone
from shopkeeper.domains.feed.offers import KEPT_SECONDS
from shopkeeper.domains.webhooks.records import KIND
from shopkeeper.functions.webhooks import MOST
from shopkeeper.http import InvalidInput
from shopkeeper.storage.tables import DELIVERIES, SUBSCRIPTIONS, TABLES, WEBHOOKS
from tests.support.faults import Exchange, FaultyServer, answers, hangs_up
from tests.support.hooks import HookedShop, Receiver, faulty
from tests.support.lagging import settle
from tests.support.readers import Killed, KilledStore
from tests.support.stores import ATOMIC, open_store

HOUR = 3600
DAY = 24 * HOUR


@pytest.fixture(params=ATOMIC)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HookedShop]:
    """A shop on each store."""
    kind = request.param
    endpoints = {} if kind == "sqlite" else {kind: str(request.getfixturevalue(kind))}
    store = open_store(kind, endpoints, tmp_path, TABLES)
    yield HookedShop(store)
    store.close()


def test_a_webhook_gets_the_events_that_come_after_it_was_made(shop: HookedShop) -> None:
    shop.order(2)
    receiver = Receiver()
    with FaultyServer(receiver) as server:
        webhook = shop.hook(server.url)
        shop.order(3)
        assert shop.hint() == {"WebhookDelivered": 3}
    assert receiver.taken == [3, 4, 5]
    assert shop.deliveries(webhook) == [
        {"seq": seq, "state": "delivered", "attempts": 1, "error": None} for seq in (3, 4, 5)
    ]
    assert shop.shown(webhook).cursor == shop.shown(webhook).newest == 5


def test_a_webhook_gets_the_kinds_that_it_wants(shop: HookedShop) -> None:
    receivers = {pattern: Receiver() for pattern in ("order.accepted", "order.*", "*", "item.*", "order.acc")}
    servers = {pattern: FaultyServer(receiver) for pattern, receiver in receivers.items()}
    for pattern, server in servers.items():
        server.__enter__()
        shop.hook(server.url, kinds=[pattern])
    order = shop.place()
    shop.accept(order)
    shop.hint()
    for server in servers.values():
        server.__exit__()
    assert {pattern: receiver.taken for pattern, receiver in receivers.items()} == {
        "order.accepted": [2],
        "order.*": [1, 2],
        "*": [1, 2],
        "item.*": [],
        "order.acc": [],
    }


def test_a_receiver_that_fails_gets_the_same_event_first_when_it_is_back(shop: HookedShop) -> None:
    receiver = Receiver(lambda _: 503)
    with FaultyServer(receiver) as server:
        webhook = shop.hook(server.url)
        shop.order(2)
        assert shop.hint() == {"WebhookFailed": 1}
        assert shop.shown(webhook).status == "failing"
        assert shop.shown(webhook).next_attempt_at is not None
        receiver.status = lambda _: 200
        shop.wait(10)
        shop.run()
    assert receiver.taken == [1, 2]
    assert shop.shown(webhook).status == "on"
    assert shop.deliveries(webhook)[0] == {"seq": 1, "state": "delivered", "attempts": 2, "error": None}


def test_a_webhook_is_behind_until_it_takes_its_events_or_is_switched_off(shop: HookedShop) -> None:
    good, bad = Receiver(), Receiver(lambda _: 500)
    with FaultyServer(good) as one, FaultyServer(bad) as other:
        shop.hook(one.url)
        webhook = shop.hook(other.url)
        assert behind(shop) == 0
        shop.order()
        shop.hint()
        assert behind(shop) == 1
        bad.status = lambda _: 204
        shop.wait(HOUR)
        shop.run()
        assert behind(shop) == 0
        bad.status = lambda _: 500
        shop.order()
        shop.hint()
        assert behind(shop) == 1
        shop.change(webhook, enabled=False)
        assert behind(shop) == 0


def behind(shop: HookedShop) -> int:
    settle(shop.store)
    return count_failing(shop.store, KIND, MOST)


def test_an_event_that_is_refused_is_sent_again_by_itself(shop: HookedShop) -> None:
    receiver = Receiver(lambda number: 422 if number == 2 else 200)
    with FaultyServer(receiver) as server:
        webhook = shop.hook(server.url)
        shop.order(3)
        assert shop.hint() == {"WebhookDelivered": 2, "WebhookSetAside": 1}
        assert receiver.taken == [1, 3]
        assert shop.deliveries(webhook)[1] == {
            "seq": 2,
            "state": "set_aside",
            "attempts": 1,
            "error": "status_422",
        }
        shop.wait(6)
        shop.run()
        receiver.status = lambda _: 200
        shop.wait(10)
        shop.run()
        assert receiver.taken == [1, 3]
        shop.wait(330)
        shop.run()
    assert receiver.taken == [1, 3, 2]
    assert shop.deliveries(webhook)[1] == {"seq": 2, "state": "delivered", "attempts": 3, "error": None}
    assert [len(ids) for ids in receiver.ids.values()] == [1, 1, 1]


def test_an_event_that_is_always_refused_is_given_up_after_five_days(shop: HookedShop) -> None:
    receiver = Receiver(lambda number: 422 if number == 1 else 200)
    with FaultyServer(receiver) as server:
        webhook = shop.hook(server.url)
        shop.order(2)
        shop.hint()
        for _ in range(150):
            shop.wait(HOUR)
            shop.run()
    (first, second) = shop.deliveries(webhook)
    assert (first["state"], second["state"]) == ("abandoned", "delivered")
    assert first["attempts"] > 8
    assert shop.shown(webhook).status == "on"
    assert not [item for item in shop.store.scan(DELIVERIES).items if "waiting" in item]


def test_a_success_of_an_event_that_was_set_aside_counts_for_its_webhook(shop: HookedShop) -> None:
    receiver = Receiver(lambda _: 404)
    with FaultyServer(receiver) as server:
        webhook = shop.hook(server.url)
        shop.order()
        shop.hint()
        assert shop.shown(webhook).failing_since is not None
        receiver.status = lambda _: 200
        shop.wait(10)
        shop.run()
        assert shop.shown(webhook).failing_since is None


def test_events_that_were_set_aside_wait_while_their_webhook_fails_or_is_off(shop: HookedShop) -> None:
    receiver = Receiver(lambda number: 400 if number == 1 else 500)
    with FaultyServer(receiver) as server:
        webhook = shop.hook(server.url)
        shop.order(2)
        shop.hint()
        assert len(server.requests) == 2
        shop.change(webhook, enabled=False)
        shop.wait(10)
        shop.run()
        assert len(server.requests) == 2
        receiver.status = lambda _: 200
        shop.change(webhook, enabled=True)
        shop.run()
        shop.wait(HOUR)
        shop.run()
    assert receiver.taken == [2, 3, 1]


def test_410_switches_a_webhook_off_and_the_others_are_told(shop: HookedShop) -> None:
    receiver, board = Receiver(lambda _: 410), Receiver()
    with FaultyServer(receiver) as server, FaultyServer(board) as other:
        webhook = shop.hook(server.url)
        shop.hook(other.url, kinds=["webhook.disabled"])
        shop.order()
        shop.hint()
        shop.hint()
        assert shop.shown(webhook).status == "off"
        assert shop.shown(webhook).off_reason == "status_410"
        assert board.taken == [2]
        receiver.status = lambda _: 200
        shop.change(webhook, enabled=True)
        shop.run()
    assert receiver.taken == [1, 2]


def test_410_for_an_event_that_was_set_aside_switches_the_webhook_off_too(shop: HookedShop) -> None:
    receiver = Receiver(lambda _: 404)
    with FaultyServer(receiver) as server:
        webhook = shop.hook(server.url)
        shop.order()
        shop.hint()
        receiver.status = lambda _: 410
        shop.wait(10)
        shop.run()
    assert shop.shown(webhook).status == "off"


def test_a_receiver_that_is_away_for_six_days_is_switched_off_and_misses_nothing_when_it_is_switched_on(
    shop: HookedShop,
) -> None:
    receiver = Receiver(lambda _: 0)
    with FaultyServer(receiver) as server:
        webhook = shop.hook(server.url, kinds=["order.*"])
        ends = shop.now.timestamp() + 6 * DAY
        placed = 0
        while shop.now.timestamp() < ends:
            if placed < 12:
                shop.order()
                placed += 1
                shop.hint()
            shop.wait(4 * HOUR)
            shop.run()
        off = shop.shown(webhook)
        assert (off.status, off.off_reason, off.cursor) == ("off", "no_answer", 0)
        assert off.off_since is not None
        failed_for = datetime.fromisoformat(off.off_since) - datetime.fromisoformat(off.failing_since or "")
        assert failed_for.total_seconds() >= 120 * HOUR
        receiver.status = lambda _: 200
        shop.change(webhook, enabled=True)
        shop.run()
    assert receiver.taken == list(range(1, 13))
    assert receiver.ids[1] == {f"evt_{shop.business_id}_1"}


def test_another_address_is_tried_at_once(shop: HookedShop) -> None:
    receiver = Receiver()
    with FaultyServer(hangs_up) as former, FaultyServer(receiver) as server:
        webhook = shop.hook(former.url)
        shop.order()
        shop.hint()
        assert shop.shown(webhook).status == "failing"
        shop.change(webhook, url=server.url)
        shop.run()
    assert receiver.taken == [1]


def test_a_replay_sends_again_with_the_same_ids_also_what_was_set_aside(shop: HookedShop) -> None:
    receiver = Receiver(lambda number: 400 if number == 3 else 200)
    with FaultyServer(receiver) as server:
        webhook = shop.hook(server.url)
        shop.order(4)
        shop.hint()
        receiver.status = lambda _: 200
        shop.webhooks.replay(shop.stored(webhook), 2)
        shop.wait(10)
        shop.run()
        shop.wait(400)
        shop.run()
        with pytest.raises(InvalidInput, match="must be at most 5"):
            shop.webhooks.replay(shop.stored(webhook), 6)
    assert receiver.taken[:3] == [1, 2, 4]
    assert sorted(receiver.taken[3:]) == [2, 3, 4]
    assert all(len(ids) == 1 for ids in receiver.ids.values())
    assert {one["state"] for one in shop.deliveries(webhook)} == {"delivered"}


def test_a_replay_reaches_as_far_back_as_events_are_kept(shop: HookedShop) -> None:
    with FaultyServer(answers(200, b"")) as server:
        shop.order(2)
        shop.wait(KEPT_SECONDS)
        shop.order()
        webhook = shop.hook(server.url)
        with pytest.raises(EventsGone) as gone:
            shop.webhooks.replay(shop.stored(webhook), 2)
        assert gone.value.facts == {"oldest": 3, "newest": 3}
        shop.webhooks.replay(shop.stored(webhook), 3)
        assert shop.run() == {"WebhookDelivered": 1}


def test_events_that_were_never_sent_and_are_no_longer_kept_are_in_the_list(shop: HookedShop) -> None:
    with FaultyServer(answers(200, b"")) as server:
        webhook = shop.hook(server.url)
        shop.order(3)
        shop.change(webhook, enabled=False)
        shop.wait(KEPT_SECONDS)
        shop.order()
        shop.change(webhook, enabled=True)
        assert shop.run() == {"WebhookMissed": 4, "WebhookDelivered": 1}
    assert [(one["seq"], one["state"]) for one in shop.deliveries(webhook)] == [(1, "missed"), (5, "delivered")]


def test_with_its_business_a_webhook_goes(shop: HookedShop) -> None:
    with FaultyServer(answers(200, b"")) as server:
        shop.hook(server.url)
        shop.hook(server.url)
        shop.delete()
        shop.wait(60)
        shop.run()
    assert not shop.store.scan(WEBHOOKS).items
    assert not shop.store.scan(SUBSCRIPTIONS).items


def test_a_slow_receiver_delays_no_other(shop: HookedShop) -> None:
    quick = Receiver()

    def slow(exchange: Exchange) -> None:
        exchange.server.closing.wait(10)
        exchange.keep = False

    with FaultyServer(slow) as tardy, FaultyServer(quick) as server:
        shop.hook(tardy.url)
        shop.hook(server.url)
        shop.order(3)
        dispatcher = shop.dispatcher()
        dispatcher.consume([{"business_id": shop.business_id}])
        ends = time.monotonic() + 20
        while quick.taken != [1, 2, 3] and time.monotonic() < ends:
            time.sleep(0.01)
        assert quick.taken == [1, 2, 3]
    dispatcher.finish()


@pytest.mark.parametrize("seed", range(2))
def test_however_bad_the_receiver_and_often_the_sender_dies_every_event_arrives(shop: HookedShop, seed: int) -> None:
    """In order, but for those that were set aside; repeated ones have the same id."""
    chance = random.Random(seed)
    refused = {4, 11, 12}
    receiver = Receiver(faulty(chance, refused))
    killed = KilledStore(shop.store, chance, 0.03)
    left = 20
    with FaultyServer(receiver) as server:
        webhook = shop.hook(server.url, kinds=["order.*"])
        for _ in range(600):
            if left and chance.random() < 0.5:
                shop.order()
                left -= 1
            try:
                (shop.hint if chance.random() < 0.5 else shop.run)(shop.dispatcher(killed))
            except Killed:
                pass
            shop.wait(chance.choice([0, 5, 61, 4000, 30_000]))
            waiting = [item for item in shop.store.scan(DELIVERIES).items if "waiting" in item]
            if not left and not waiting and shop.subscription(webhook).cursor >= 20:
                break
            if shop.shown(webhook).status == "off":
                shop.change(webhook, enabled=True)
        assert "abandoned" not in {one["state"] for one in shop.deliveries(webhook)}
    assert killed.kills
    orders = [number for number in receiver.taken if number <= 20]
    assert sorted(set(orders)) == list(range(1, 21))
    in_order = [number for number in dict.fromkeys(orders) if number not in refused]
    assert in_order == sorted(in_order)
    assert all(ids == {f"evt_{shop.business_id}_{number}"} for number, ids in receiver.ids.items())
