"""The board: orders appear by themselves, ring, and are led through their life by the people of a shop."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Route, expect

from tests.support.board import DELIVERY, Cook, answer_all, history, lead, order, read
from tests.support.browser import DESKTOP, PHONE, Person
from tests.support.faults import FaultyServer, answers
from tests.support.http import post_json, send
from tests.support.pages import NAME, OWNER, PageShop
from tests.support.shop import PASSWORD

Visit = Callable[..., Person]


@pytest.fixture
def quiet(shop: PageShop) -> Iterator[PageShop]:
    """The shop without an order that waits for an answer."""
    answer_all(shop)
    yield shop
    answer_all(shop)


def test_a_new_order_rings_until_it_is_answered_and_is_led_to_its_end_by_clicks(quiet: PageShop, visit: Visit) -> None:
    cook = Cook(visit(quiet.url))
    page = cook.page
    page.get_by_text("New orders do not ring yet.").wait_for()
    cook.person.press("Start shift")
    page.get_by_text("New orders ring.").wait_for()
    cook.await_ringing("")
    one = order(quiet, "Ann Example", note="No sugar, please.", fulfilment={"type": "table", "table": "7"})
    card = cook.await_status(one, "received")
    number = read(quiet, one)["number"]
    shown = card.inner_text()
    texts = (f"#{number}", "Ann Example", "Table 7", "Flat white", "extra hot", "No sugar, please.", "€7.60")
    assert [text for text in texts if text not in shown] == []
    assert "left" in card.locator(".left-text").inner_text()
    cook.await_ringing("order")
    assert page.evaluate("window.sounding") == 1
    expect(page).to_have_title(f"(1) Orders · {NAME}")
    cook.press(one, "Accept")
    cook.await_status(one, "accepted")
    cook.await_ringing("")
    assert page.evaluate("window.sounding") == 0
    expect(page).to_have_title(f"Orders · {NAME}")
    for step, status in (("Start", "preparing"), ("Ready", "ready"), ("Complete", "completed")):
        cook.press(one, step)
        cook.await_status(one, status)
    assert "column-done" in cook.card(one).evaluate("(card) => card.closest('section').className")
    assert history(quiet, one) == ["received", "accepted", "preparing", "ready", "completed"]


def test_an_order_that_is_answered_elsewhere_is_quiet_here_too(quiet: PageShop, visit: Visit) -> None:
    cook = Cook(visit(quiet.url))
    cook.person.press("Start shift")
    one = order(quiet, "Ann Example")
    cook.await_ringing("order")
    lead(quiet, one, "accept")
    cook.await_ringing("")
    cook.await_status(one, "accepted")


def test_orders_ring_on_every_page(quiet: PageShop, visit: Visit) -> None:
    cook = Cook(visit(quiet.url))
    cook.person.press("Start shift")
    cook.page.evaluate("location.hash = '#/account'")
    cook.person.see("This device")
    order(quiet, "Ann Example")
    cook.await_ringing("order")
    assert cook.page.locator(".nav-count").inner_text().split() == ["1", "New"]


def test_an_order_is_accepted_with_the_minutes_until_it_is_ready(shop: PageShop, visit: Visit) -> None:
    cook = Cook(visit(shop.url))
    one = order(shop, "Ann Example")
    cook.await_status(one, "received").get_by_role("button", name="accept with another time").click()
    cook.page.get_by_role("dialog").get_by_role("button", name="45 min").click()
    card = cook.await_status(one, "accepted")
    assert "Ready at" in card.inner_text()
    assert read(shop, one)["ready_at"] > read(shop, one)["created_at"]


def test_an_order_is_rejected_or_cancelled_with_a_reason(shop: PageShop, visit: Visit) -> None:
    cook = Cook(visit(shop.url))
    one, other = order(shop, "Ann Example"), order(shop, "Bob Brown")
    cook.press(one, "Reject")
    dialog = cook.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Reject #").click()
    dialog.get_by_text("Please fill this in.").wait_for()
    dialog.get_by_role("button", name="Sold out").click()
    assert cook.person.faults() == []
    dialog.get_by_role("button", name="Reject #").click()
    assert "Sold out" in cook.await_status(one, "rejected").inner_text()
    cook.press(other, "Accept")
    cook.await_status(other, "accepted")
    cook.press(other, "Cancel")
    dialog.locator("input[name=reason]").fill("The oven is <b>broken</b>")
    dialog.get_by_role("button", name="Cancel #").click()
    assert "The oven is <b>broken</b>" in cook.await_status(other, "cancelled").inner_text()
    assert read(shop, one)["reason"] == "Sold out"


def test_a_delivery_is_sent_out_and_delivered(shop: PageShop, visit: Visit) -> None:
    cook = Cook(visit(shop.url))
    one = order(shop, "Ann Example", fulfilment=DELIVERY)
    lead(shop, one, "accept", "prepare", "ready")
    shown = cook.await_status(one, "ready").inner_text()
    assert [text for text in ("Delivery", "12 Main St", "Ring twice") if text not in shown] == []
    for step, status in (("Send out", "out_for_delivery"), ("Delivered", "delivered"), ("Complete", "completed")):
        cook.press(one, step)
        cook.await_status(one, status)
    assert history(shop, one)[-3:] == ["out_for_delivery", "delivered", "completed"]


def test_who_is_second_sees_what_the_order_became(shop: PageShop, visit: Visit) -> None:
    cook = Cook(visit(shop.url))
    one = order(shop, "Ann Example")
    cook.await_status(one, "received")
    cook.page.route("**/events?*", lambda route: None)  # this device hears nothing any more
    cook.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    lead(shop, one, "accept", "prepare")
    cook.press(one, "Accept")
    cook.page.get_by_text(f"#{read(shop, one)['number']} was changed elsewhere: Preparing").wait_for()
    cook.await_status(one, "preparing")
    assert history(shop, one) == ["received", "accepted", "preparing"]
    cook.page.unroute_all(behavior="ignoreErrors")


def test_two_tabs_and_two_devices_show_each_order_once(shop: PageShop, visit: Visit) -> None:
    cook, other = Cook(visit(shop.url)), Cook(visit(shop.url, size=PHONE))
    with cook.person.context.expect_page() as opened:
        cook.page.evaluate("window.open('/', '_blank') && null")
    tab = opened.value
    tab.locator(".board").wait_for()
    ids = [order(shop, f"Guest {number}") for number in range(5)]
    for page in (cook.page, tab, other.page):
        for one in ids:
            page.locator(f'.board [aria-labelledby="order-{one}"]').wait_for(state="attached")
    # Both accept the same order at the same moment; a card that has moved already has no such button any more.
    buttons = [one.card(ids[0]).locator("button:has-text('Accept')").first.element_handle() for one in (cook, other)]
    for button in buttons:
        button.evaluate("(button) => setTimeout(() => button.click())")
    for someone in (cook, other):
        someone.await_status(ids[0], "accepted")
        assert [someone.count(one) for one in ids] == [1] * 5
    assert history(shop, ids[0]) == ["received", "accepted"]


def test_events_that_are_not_kept_any_more_make_the_board_read_all_orders(shop: PageShop, visit: Visit) -> None:
    cook = Cook(visit(shop.url))
    missed: list[str] = []

    def gone(route: Route) -> None:
        if missed:
            return route.continue_()
        missed.append(order(shop, "Missing Example"))
        answer = route.fetch(url=f"{route.request.url.split('?')[0]}?after={2**53 - 1}")
        problem = {"code": "events_gone", "detail": "", "newest": answer.json()["newest"], "oldest": 1}
        return route.fulfill(status=410, content_type="application/problem+json", json=problem)

    cook.page.route("**/events?after=*", gone)
    cook.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    cook.page.locator(".board").get_by_text("Missing Example").wait_for()


def test_a_session_that_ends_in_the_middle_asks_to_sign_in_and_loses_nothing(shop: PageShop, visit: Visit) -> None:
    cook = Cook(visit(shop.url))
    cook.person.press("Start shift")
    page = cook.page
    known = order(shop, "Ann Example")
    cook.await_status(known, "received")
    refuse = '{"code": "unauthenticated", "detail": "The access token has expired."}'
    for path in ("**/api/businesses/**", "**/api/auth/refresh", "**/api/orders/**"):
        page.route(path, lambda route: route.fulfill(status=401, content_type="application/problem+json", body=refuse))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    cook.person.see("Please sign in again")
    cook.await_ringing("lost")
    meanwhile = order(shop, "Bob Brown")
    lead(shop, known, "accept")
    page.unroute_all(behavior="ignoreErrors")
    dialog = page.get_by_role("dialog")
    dialog.locator("input[name=email]").fill(OWNER)
    dialog.locator("input[name=password]").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    cook.await_status(meanwhile, "received")
    cook.await_status(known, "accepted")
    cook.await_ringing("order")
    assert (cook.count(known), cook.count(meanwhile)) == (1, 1)


def test_only_the_times_change_each_second_and_moved_buttons_rest_for_a_moment(shop: PageShop, visit: Visit) -> None:
    person = visit(shop.url)
    person.page.clock.install()
    person.page.clock.resume()
    cook = Cook(person)
    page = cook.page
    one = order(shop, "Ann Example")
    cook.await_status(one, "received")
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 1"))
    page.evaluate("""() => {
        window.touched = new Set();
        new MutationObserver((found) => found.forEach(({ target }) => window.touched.add(target.className)))
            .observe(document.querySelector(".board"), { subtree: true, childList: true, attributes: true });
    }""")
    # All orders are read once more in these seconds; the clock of the board is the server's.
    with page.expect_response(lambda answer: answer.url.endswith("/orders?limit=100")):
        text = cook.card(one).locator(".left-text")
        before = text.inner_text()
        page.clock.run_for(3000)
        assert text.inner_text() != before
        assert set(page.evaluate("[...window.touched]")) <= {"left-text", "left-bar", ""}
        other = order(shop, "Bob Brown")
        cook.await_status(other, "received")
        assert page.locator(".column-new .settling").count() == 1
        page.clock.run_for(1000)
        assert page.locator(".settling").count() == 0
        page.clock.run_for(6_000)
    page.clock.run_for(620_000)
    assert "Missed: nobody accepted it in time." in cook.await_status(one, "expired").inner_text()


def test_a_keyboard_alone_leads_an_order_on(shop: PageShop, visit: Visit) -> None:
    cook = Cook(visit(shop.url))
    one = order(shop, "Ann Example")
    cook.await_status(one, "received").locator("button:has-text('Accept')").first.focus()
    cook.page.keyboard.press("Enter")
    cook.await_status(one, "accepted")
    for status in ("preparing", "ready"):
        cook.await_true("document.activeElement.tagName === 'LI'")  # its button went, so the card has the focus
        for _ in range(3):  # to call, to print, the next step
            cook.page.keyboard.press("Tab")
        cook.page.keyboard.press("Enter")
        cook.await_status(one, status)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_board_is_fit_for_everybody(size: tuple[int, int], shop: PageShop, visit: Visit) -> None:
    one = order(shop, "Maximiliana Freifrau von und zu Hohenstein-Wittgenstein", fulfilment=DELIVERY)
    cook = Cook(visit(shop.url, size=size))
    cook.await_status(one, "received")
    cook.person.press("Start shift")
    assert cook.person.faults() == []
    assert cook.person.small_targets() == []
    assert cook.person.is_as_wide_as_the_screen()
    if size == PHONE:
        assert cook.card(one).is_visible()
        cook.page.locator(".board-filter span", has_text="Done").click()
        assert not cook.card(one).is_visible()
        assert cook.person.faults() == []
    cook.page.evaluate("document.querySelector('.board [data-status=received] .order-steps .icon-button').click()")
    cook.page.get_by_role("dialog").wait_for()
    assert cook.person.faults() == []


def test_a_ticket_is_alone_on_its_paper_and_printed_where_an_order_is_accepted(shop: PageShop, visit: Visit) -> None:
    cook = Cook(visit(shop.url))
    page = cook.page
    one = order(shop, "Ann Example", fulfilment=DELIVERY, note="No sugar, please.")
    number = read(shop, one)["number"]
    cook.await_status(one, "received").get_by_role("button", name=f"Print #{number}").click()
    ticket = page.locator(".ticket")
    ticket.wait_for(state="attached")
    assert not ticket.is_visible()
    page.emulate_media(media="print")
    texts = ("Delivery", "12 Main St", "Ann Example", "Flat white", "extra hot", "No sugar, please.", "€7.60")
    assert [text for text in (NAME, f"#{number}", *texts) if text not in ticket.inner_text()] == []
    for hidden in (".bar", ".nav", ".board", ".board-head"):
        assert not page.locator(hidden).is_visible()
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    ticket.wait_for(state="detached")
    page.evaluate("delete window.printed")
    cook.person.press("Auto-print")
    cook.press(one, "Accept")
    ticket.wait_for(state="attached")
    cook.await_status(one, "accepted")
    cook.await_true("Boolean(window.printed)")
    assert f"#{number}" in page.evaluate("window.printed")


def test_the_board_tells_of_a_webhook_that_its_server_had_switched_off(quiet: PageShop, visit: Visit) -> None:
    cook = Cook(visit(quiet.url))
    line = cook.page.get_by_text("Webhooks that get no events any more, because their servers failed: 1")
    path = f"/api/businesses/{quiet.business_id}/webhooks"
    with FaultyServer(answers(410, b"")) as server:
        made = post_json(quiet.url, path, {"url": server.url}, **quiet.signed_in).json
        assert not line.is_visible()
        order(quiet, "Ann Example")
        line.wait_for()
    cook.page.reload()
    line.wait_for()
    cook.page.get_by_role("link", name="Catalogue").click(trial=True)  # the line covers nothing
    assert cook.person.faults() == []
    line.click()
    cook.person.see("Webhooks")
    removed = {**quiet.signed_in, "If-Match": "*"}
    assert send(quiet.url, "DELETE", f"{path}/{made['webhook_id']}", headers=removed).status == 204
    cook.page.goto("/#/orders")
    cook.page.locator(".board").wait_for()
    assert not line.is_visible()
