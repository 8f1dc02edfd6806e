"""Events that were refused and wait to be sent again do not hide those that are due after them."""

import pytest

from shopkeeper.domains.feed.dispatching import Job
from shopkeeper.domains.webhooks.delivering import MOST_DUE, Deliveries
from shopkeeper.domains.webhooks.sending import Sender
from shopkeeper.storage import Store
from tests.support.faults import FaultyServer
from tests.support.hooks import GUARD, HookedShop, Receiver
from tests.support.lagging import settle

BOTH = pytest.mark.parametrize("shop_store", ["sqlite", "dynoxide"], indirect=True)
HOOKS = 10


def due(shop: HookedShop) -> dict[str, Job]:
    """Return the jobs of a run by what they are for. None is done yet, as if all threads were busy."""
    settle(shop.store)
    deliveries = Deliveries(shop.store, shop.clock, Sender(GUARD, shop.clock))
    return {name: job for (_, name), job in deliveries.due()}


@BOTH
def test_the_next_run_comes_to_those_behind_the_ones_that_wait(shop_store: Store) -> None:
    shop = HookedShop(shop_store)
    receiver = Receiver(lambda _: 422)
    with FaultyServer(receiver) as server:
        for _ in range(HOOKS):
            shop.hook(server.url)
        shop.order(MOST_DUE // HOOKS)
        shop.hint()
        shop.wait(1)
        shop.order()
        shop.hint()
        shop.wait(10)
        last = str(MOST_DUE // HOOKS + 1)
        first_run, second_run = due(shop), due(shop)
        assert (len(first_run), last in {name.partition("/")[2] for name in first_run}) == (MOST_DUE, False)
        assert [name.partition("/")[2] for name in second_run] == [last] * HOOKS
        assert due(shop) == {}, "all of them are in hand"
        shop.wait(50)
        assert len(due(shop)) == MOST_DUE, "what was not sent is due again"


@BOTH
def test_a_job_that_waited_until_another_run_took_it_over_sends_nothing(shop_store: Store) -> None:
    shop = HookedShop(shop_store)
    receiver = Receiver(lambda _: 422)
    with FaultyServer(receiver) as server:
        webhook = shop.hook(server.url)
        shop.order()
        shop.hint()
        shop.wait(10)
        (late,) = due(shop).values()
        shop.wait(50)
        (job,) = due(shop).values()
        receiver.status = lambda _: 200
        job()
        late()
    assert receiver.taken == [1]
    assert [one["attempts"] for one in shop.deliveries(webhook)] == [2]
