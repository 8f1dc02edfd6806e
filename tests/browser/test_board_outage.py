"""The board while its server is away: an alarm, and afterwards every order once."""

from collections.abc import Callable
from pathlib import Path

from tests.support.board import Cook, lead, order
from tests.support.browser import Person, need_chromium
from tests.support.pages import PageShop
from tests.support.processes import Shopkeeper

Visit = Callable[..., Person]


def test_a_server_that_is_killed_raises_an_alarm_and_no_order_is_lost_or_shown_twice(
    tmp_path: Path, visit: Visit
) -> None:
    need_chromium()
    data = tmp_path / "shop.db"
    server = Shopkeeper(data)
    port = server.port
    try:
        shop = PageShop(server)
        cook = Cook(visit(server.url))
        cook.person.press("Start shift")
        before = [order(shop, f"Early {number}") for number in range(3)]
        for one in before:
            cook.await_status(one, "received")
        server.stop()
        lost = cook.page.get_by_text("No connection. New orders do not arrive here.")
        lost.wait_for(timeout=60_000)
        cook.await_ringing("lost")
        cook.press(before[0], "Accept")
        cook.page.get_by_text("stays as it is.").wait_for()
        server = Shopkeeper(data, port)
        while_lost = [order(shop, f"Late {number}") for number in range(3)]
        lead(shop, before[1], "accept")
        cook.page.get_by_text("The connection is back.").wait_for(timeout=60_000)
        lost.wait_for(state="detached")
        cook.await_status(before[1], "accepted")
        for one in while_lost:
            cook.await_status(one, "received")
        cook.await_ringing("order")
        cook.press(before[0], "Accept")
        cook.await_status(before[0], "accepted")
        after = order(shop, "Last")
        cook.await_status(after, "received")
        assert [cook.count(one) for one in (*before, *while_lost, after)] == [1] * 7
    finally:
        server.stop()
