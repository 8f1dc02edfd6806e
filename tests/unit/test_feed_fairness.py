"""Slow readers of some businesses do not keep the readers of others waiting for good."""

from functools import partial
from threading import Barrier
from threading import Event as Signal

from shopkeeper.clock import rfc3339
from shopkeeper.domains.feed.crew import Crew
from shopkeeper.domains.feed.model import Event
from shopkeeper.domains.feed.subscription import Delivered, Outcome
from shopkeeper.net.deadline import ending_in
from shopkeeper.storage import Store
from tests.support.readers import Feed

SECONDS = 20


class SlowFeed(Feed):
    """A feed with five events, whose reader takes six seconds for each."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, self._take)
        self.append(5)

    def _take(self, _: Event) -> Outcome:
        self.wait(6)
        return Delivered()


def test_a_slow_reader_gives_way_to_others_and_goes_on_after_them(shop_store: Store) -> None:
    feed = SlowFeed(shop_store)
    feed.hint()
    assert feed.given == [1, 2]
    assert (feed.subscription.cursor, feed.subscription.leased_until) == (2, None)
    assert feed.subscription.due_at == rfc3339(feed.clock()), "the schedule looks at it at once"
    feed.hint()
    assert feed.given == [1, 2, 3, 4]
    feed.hint()
    assert feed.given == [1, 2, 3, 4, 5]


def test_an_invocation_of_a_function_goes_on_until_its_time_is_over(shop_store: Store) -> None:
    feed = SlowFeed(shop_store)
    with ending_in(60):
        feed.hint()
    assert feed.given == [1, 2, 3, 4, 5]


def test_the_next_job_is_of_a_business_with_the_fewest_at_work() -> None:
    crew, done, both = Crew(2, 2), [], Barrier(3)
    first, second = Signal(), Signal()

    def hold(until: Signal) -> None:
        both.wait(SECONDS)
        assert until.wait(SECONDS)

    def be_quick(name: str) -> None:
        done.append(name)
        second.set()

    crew.submit(("busy", "1"), partial(hold, first))
    crew.submit(("busy", "2"), partial(hold, second))
    both.wait(SECONDS)
    crew.submit(("busy", "3"), partial(be_quick, "busy"))
    crew.submit(("quiet", "1"), partial(be_quick, "quiet"))
    first.set()
    crew.wait(SECONDS)
    assert done == ["quiet", "busy"]
