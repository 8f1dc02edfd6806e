"""The events of a feed reach its readers: in order, at least once, and without one reader delaying another."""

import itertools
import random
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.domains.feed.dispatching import (
    Delivered,
    Failed,
    Outcome,
    Refused,
    SetAside,
    Skipped,
    Subscription,
    next_attempt,
    resume,
    subscribe,
    subscriptions,
    subscriptions_of,
)
from shopkeeper.domains.feed.model import Event
from shopkeeper.domains.feed.offers import KEPT_SECONDS, read_head
from shopkeeper.net.deadline import ending_in
from shopkeeper.storage import Item, Table
from shopkeeper.storage.tables import EVENTS, SUBSCRIPTIONS, TABLES
from tests.support.readers import NAME, SHOP, Feed, Killed, KilledStore
from tests.support.stores import ATOMIC, open_store
from tests.support.wrapping import WrappedStore

HOUR = 3600


@pytest.fixture(params=ATOMIC)
def feed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Feed]:
    """A feed on each store."""
    kind = request.param
    endpoints = {} if kind == "sqlite" else {kind: str(request.getfixturevalue(kind))}
    store = open_store(kind, endpoints, tmp_path, TABLES)
    yield Feed(store)
    store.close()


def failing(reason: str = "500", retry_after: int = 0) -> Failed:
    return Failed(reason, retry_after)


# What is new


def test_what_is_new_is_delivered_in_order_and_once(feed: Feed) -> None:
    feed.append(45)
    assert feed.hint() == {"SampleDelivered": 45}
    assert feed.given == list(range(1, 46))
    assert feed.hint() == {}
    feed.append()
    assert feed.hint() == {"SampleDelivered": 1}
    assert feed.subscription.cursor == 46
    assert feed.subscription.leased_until is None


def test_an_event_that_no_stream_told_of_is_delivered_within_a_minute_by_the_schedule(feed: Feed) -> None:
    feed.run()
    feed.append()
    feed.wait(59)
    assert feed.run() == {}
    feed.wait(1)
    assert feed.run() == {"SampleDelivered": 1}


def test_an_event_that_comes_during_the_last_delivery_is_delivered_too(feed: Feed) -> None:
    feed.append()

    def answer(event: Event) -> Outcome:
        if event.seq < 4:
            feed.append()
        return Delivered()

    feed.answer = answer
    feed.hint()
    assert feed.given == [1, 2, 3, 4]


def test_an_event_that_comes_between_the_release_and_the_end_of_the_work_is_delivered_too(tmp_path: Path) -> None:
    store = open_store("sqlite", {}, tmp_path, TABLES)
    feed = Feed(store)
    feed.append()

    class AppendsAtRelease(WrappedStore):
        def update(self, table: Table, key: Item, *arguments: Any, **options: Any) -> Any:
            result = super().update(table, key, *arguments, **options)
            if arguments[0].set.get("leased_until", "") is None and len(feed.given) < 3:
                feed.append()
            return result

    feed.hint(feed.dispatcher(AppendsAtRelease(store)))
    assert feed.given == [1, 2, 3]
    store.close()


def test_a_subscription_that_is_made_lazily_begins_with_the_oldest_event(feed: Feed) -> None:
    feed.append(2, "another")
    dispatcher = feed.dispatcher(lazily="sample")
    assert feed.hint(dispatcher, ["another"]) == {"SampleDelivered": 2}
    assert feed.hint(dispatcher, ["another"]) == {}
    assert [one.name for one in subscriptions_of(feed.store, "another")] == ["sample"]


def test_subscriptions_of_another_kind_are_left_alone(feed: Feed) -> None:
    feed.do(subscribe(feed.store, SHOP, "mail", "mail", 0, feed.now))
    feed.append()
    feed.hint()
    feed.run()
    assert subscriptions(feed.store).require(SHOP, "mail").version == 1


def test_events_that_the_reader_does_not_want_move_the_cursor(feed: Feed) -> None:
    feed.append(25)
    feed.answer = lambda event: Skipped() if event.seq != 3 else Delivered()
    assert feed.hint() == {"SampleSkipped": 24, "SampleDelivered": 1}
    assert feed.subscription.cursor == 25


# Failures


def test_after_a_failure_the_reader_is_left_alone_until_its_time_and_gets_the_same_event_first(feed: Feed) -> None:
    feed.append(2)
    feed.answer = lambda _: failing()
    assert feed.hint() == {"SampleFailed": 1}
    feed.answer = lambda _: Delivered()
    feed.append()
    assert feed.hint() == feed.run() == {}
    feed.wait(6)
    assert feed.run() == {"SampleDelivered": 3}
    assert feed.given == [1, 1, 2, 3]
    assert (feed.subscription.failures, feed.subscription.failing_since) == (0, None)


def test_the_pauses_are_those_of_standard_webhooks_and_then_a_day_each() -> None:
    now = datetime.fromisoformat("2026-11-21T12:00:00Z")

    def pauses(chance: bytes) -> list[float]:
        return [(next_attempt(now, n, random=lambda _: chance) - now).total_seconds() for n in range(1, 12)]

    least = [5, 300, 0.5 * HOUR, *(hours * HOUR for hours in (2, 5, 10, 14, 20, 24, 24, 24))]
    assert pauses(b"\0\0") == least
    assert pauses(b"\xff\xff") == pytest.approx([1.1 * pause for pause in least])


@pytest.mark.parametrize(("asked", "heeded"), [(3, 5), (3600, 3600), (10**9, 86_400)])
def test_a_reader_may_ask_for_a_longer_pause_of_up_to_a_day(asked: int, heeded: int) -> None:
    now = datetime.fromisoformat("2026-11-21T12:00:00Z")
    assert (next_attempt(now, 1, asked, lambda _: b"\0\0") - now).total_seconds() == heeded


def test_after_five_days_without_success_a_subscription_is_switched_off_and_the_feed_says_so(feed: Feed) -> None:
    feed.append()
    feed.answer = lambda _: failing("no_answer")
    feed.hint()
    attempts = 0
    while feed.subscription.switched_off is None:
        feed.wait(HOUR)
        attempts += sum(feed.run().values())
        assert feed.now < datetime.fromisoformat("2026-11-28T00:00:00Z")
    assert feed.subscription.failing_since == "2026-11-21T12:00:00.000Z"
    assert (feed.now - datetime.fromisoformat("2026-11-21T12:00:00Z")).total_seconds() >= 120 * HOUR
    assert attempts > 8
    off = feed.subscription.switched_off
    assert off.reason == "no_answer"
    told = feed.store.get(EVENTS, {"business_id": SHOP, "seq": 2}) or {}
    assert (told["type"], told["subject"], told["data"]) == ("sample.disabled", "1", {"reason": "no_answer"})
    assert read_head(feed.store, SHOP).newest == 2
    feed.append()
    assert feed.hint() == {}
    feed.wait(40 * 86_400)
    assert feed.run() == {}


def test_a_sender_that_was_away_for_five_days_gives_nobody_up_for_that(feed: Feed) -> None:
    feed.append()
    feed.answer = lambda _: failing()
    feed.hint()
    feed.wait(200 * HOUR)
    feed.run()
    assert feed.subscription.switched_off is None
    feed.answer = lambda _: Delivered()
    feed.wait(HOUR)
    assert feed.run() == {"SampleDelivered": 1}


def test_a_subscription_that_is_switched_on_again_goes_on_where_it_was(feed: Feed) -> None:
    feed.append(3)
    feed.answer = lambda event: Delivered() if event.seq == 1 else Refused("410")
    assert feed.hint() == {"SampleDelivered": 1, "SampleRefused": 1, "SampleSwitchedOff": 1}
    assert feed.subscription.switched_off is not None
    feed.answer = lambda _: Delivered()
    feed.do(resume(feed.store, feed.subscription, feed.now, switch_on=True)[1])
    feed.run()
    assert feed.given == [1, 2, 2, 3, 4]


def test_an_event_that_is_set_aside_holds_up_no_other(feed: Feed) -> None:
    feed.append(3)
    feed.answer = lambda event: SetAside("400") if event.seq == 2 else Delivered()
    assert feed.hint() == {"SampleDelivered": 2, "SampleSetAside": 1}
    assert feed.given == [1, 2, 3]
    assert feed.subscription.failing_since is None


def test_a_reader_that_refuses_every_event_for_five_days_is_switched_off(feed: Feed) -> None:
    feed.answer = lambda _: SetAside("404")
    for _ in range(5):
        feed.append()
        feed.hint()
        feed.wait(86_400)
    assert feed.subscription.switched_off is None
    feed.append()
    feed.hint()
    assert feed.subscription.switched_off is not None
    assert feed.subscription.cursor == 6


# What is gone


def test_events_that_are_no_longer_kept_are_told_as_missed(feed: Feed) -> None:
    feed.append(5)
    feed.wait(KEPT_SECONDS)
    feed.append(2)
    assert feed.hint() == {"SampleMissed": 5, "SampleDelivered": 2}
    assert (feed.missed, feed.given) == ([(1, 5)], [6, 7])


def test_a_feed_of_which_nothing_is_kept_leads_to_its_end(feed: Feed) -> None:
    feed.append(5)
    feed.wait(KEPT_SECONDS)
    assert feed.run() == {"SampleMissed": 5}
    assert feed.subscription.cursor == 5


def test_a_cursor_beyond_the_feed_is_put_at_its_end(feed: Feed) -> None:
    feed.append(2)
    feed.do(resume(feed.store, feed.subscription, feed.now, cursor=9)[1])
    feed.run()
    assert feed.subscription.cursor == 2
    feed.append()
    feed.hint()
    assert feed.given == [3]


def test_the_subscription_of_a_business_that_is_gone_is_removed(feed: Feed) -> None:
    feed.append()
    feed.answer = lambda _: failing()
    feed.hint()
    feed.exists = False
    feed.wait(10)
    feed.run()
    assert subscriptions(feed.store).get(SHOP, NAME) is None


def test_one_that_is_switched_off_is_removed_too(feed: Feed) -> None:
    feed.append()
    feed.answer = lambda _: Refused("410")
    feed.hint()
    feed.exists = False
    feed.wait(86_400)
    feed.run()
    assert subscriptions(feed.store).get(SHOP, NAME) is None


# Several at once


def test_of_many_dispatchers_one_delivers(feed: Feed) -> None:
    feed.append(20)
    dispatchers = [feed.dispatcher() for _ in range(5)]
    threads = [threading.Thread(target=feed.hint, args=(one,)) for one in dispatchers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert feed.given == list(range(1, 21))


def test_a_lease_that_ran_out_is_taken_over(feed: Feed) -> None:
    feed.append()

    def dies(_: Subscription, event: Event) -> Outcome:
        raise Killed

    with pytest.raises(Killed):
        feed.hint(feed.dispatcher(deliver=dies))
    assert feed.hint() == feed.run() == {}
    feed.wait(40)
    assert feed.run() == {"SampleDelivered": 1}


def test_who_was_taken_over_saves_nothing_and_stops(feed: Feed) -> None:
    feed.append(3)

    def slow(_: Subscription, event: Event) -> Outcome:
        feed.wait(40)
        feed.run()
        return failing()

    assert feed.hint(feed.dispatcher(deliver=slow)) == {"SampleFailed": 1}
    assert feed.given == [1, 2, 3]
    assert (feed.subscription.cursor, feed.subscription.failures) == (3, 0)


def test_a_slow_reader_holds_up_neither_the_run_nor_the_readers_of_others(feed: Feed) -> None:
    release = threading.Event()
    feed.do(subscribe(feed.store, "other", NAME, "sample", 0, feed.now))
    feed.append()
    given: list[str] = []

    def deliver(subscription: Subscription, event: Event) -> Outcome:
        given.append(subscription.business_id)
        if subscription.business_id == SHOP:
            assert release.wait(30)
        return Delivered()

    dispatcher = feed.dispatcher(deliver=deliver)
    dispatcher.consume([{"business_id": SHOP}])
    feed.append(1, "other")
    dispatcher.consume([{"business_id": "other"}])
    while given != [SHOP, "other"] or subscriptions(feed.store).require("other", NAME).cursor != 1:
        pass
    assert feed.subscription.cursor == 0
    release.set()
    dispatcher.finish()
    assert feed.subscription.cursor == 1


def test_where_time_is_short_no_delivery_begins_and_the_rest_stays_due(feed: Feed) -> None:
    feed.append(2)
    with ending_in(10):
        assert feed.dispatcher().consume([{"business_id": SHOP}]) == {}
    assert feed.given == []
    with ending_in(60):
        assert feed.dispatcher().run() == {"SampleDelivered": 2}


# Kills


@pytest.mark.parametrize("seed", range(3))
def test_killed_again_and_again_every_event_arrives_in_order(feed: Feed, seed: int) -> None:
    chance = random.Random(seed)
    killed = KilledStore(feed.store, chance, 0.08)
    delivered: list[int] = []

    def answer(event: Event) -> Outcome:
        dice = chance.random()
        if dice < 0.1:
            raise Killed
        if dice < 0.3:
            return failing()
        delivered.append(event.seq)
        if dice < 0.4:
            raise Killed  # the reader has it, and the sender does not know
        return Delivered()

    feed.answer = answer
    left = 30
    for _ in range(2000):
        if left and chance.random() < 0.5:
            feed.append()
            left -= 1
        try:
            (feed.hint if chance.random() < 0.5 else feed.run)(feed.dispatcher(killed))
        except Killed:
            pass
        feed.wait(chance.choice([0, 1, 10, 61, 4000]))
        if not left and feed.subscription.cursor == 30:
            break
    assert killed.kills > 3
    assert list(dict.fromkeys(delivered)) == list(range(1, 31))
    assert all(later - former in (0, 1) for former, later in itertools.pairwise(delivered))


def test_every_subscription_stays_listed_so_that_none_is_forgotten(feed: Feed) -> None:
    assert all({"kind", "due_at"} <= set(record) for record in feed.store.scan(SUBSCRIPTIONS).items)
    assert "due_at" in msgspec.to_builtins(feed.subscription)
