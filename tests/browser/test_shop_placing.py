"""Placing an order on a bad network: never twice, never lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route

from tests.support.browser import Person
from tests.support.counter import Guest, Seller, at_checkout
from tests.support.pages import PageShop

Visit = Callable[..., Person]
PLACING = "**/api/businesses/*/orders"


@pytest.fixture
def seller(shop: PageShop) -> Seller:
    """A business without orders."""
    return Seller(shop.url)


def lose_reply(route: Route) -> None:
    """Let a request arrive, and its answer get lost."""
    route.fetch()
    route.abort()


def test_a_lost_reply_makes_one_order(seller: Seller, visit: Visit) -> None:
    guest = at_checkout(visit, seller)
    guest.person.context.route(PLACING, lose_reply, times=2)
    order_id = guest.order()
    assert [order["order_id"] for order in seller.placed()] == [order_id]


def test_two_presses_make_one_order(seller: Seller, visit: Visit) -> None:
    guest = at_checkout(visit, seller)
    guest.button.dblclick()
    guest.followed()
    assert len(seller.placed()) == 1
    guest.page.go_back()
    guest.item("Espresso").wait_for()  # not the form once more
    assert guest.page.locator(".basket-bar").is_hidden()


def test_a_reload_while_an_order_is_on_its_way_ends_with_that_order(seller: Seller, visit: Visit) -> None:
    guest = at_checkout(visit, seller)
    guest.person.context.route(PLACING, lose_reply)
    guest.button.click()
    guest.page.get_by_text("We keep trying.").wait_for()
    guest.person.context.unroute_all()
    guest.page.reload()
    order_id = guest.followed()
    assert [order["order_id"] for order in seller.placed()] == [order_id]


def test_an_order_that_had_arrived_is_found_even_if_the_basket_was_changed_since(seller: Seller, visit: Visit) -> None:
    guest = at_checkout(visit, seller)
    guest.person.context.route(PLACING, lose_reply)
    guest.button.click()
    guest.person.press("Stop trying")
    guest.page.get_by_text("We do not know yet whether your order arrived.").wait_for()
    guest.person.context.unroute_all()
    guest.person.press("One Espresso more")
    order_id = guest.order()
    guest.page.get_by_text("Your first order had arrived.").wait_for()
    assert [(order["order_id"], order["total_minor"]) for order in seller.placed()] == [(order_id, 250)]


def test_an_order_that_had_not_arrived_is_placed_as_it_is_now(seller: Seller, visit: Visit) -> None:
    guest = at_checkout(visit, seller)
    guest.person.context.route(PLACING, lambda route: route.abort())
    guest.button.click()
    guest.person.press("Stop trying")
    guest.page.get_by_text("We do not know yet whether your order arrived.").wait_for()
    guest.person.context.unroute_all()
    guest.person.press("One Espresso more")
    guest.order()
    assert [order["total_minor"] for order in seller.placed()] == [500]


def test_a_busy_server_is_asked_again_with_the_same_key(seller: Seller, visit: Visit) -> None:
    keys: list[str] = []
    problem = {"content_type": "application/problem+json", "headers": {"Retry-After": "1"}}

    def answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fulfill(status=503, body='{"code": "service_unavailable"}', **problem)  # type: ignore[arg-type]
        elif len(keys) == 2:
            route.fulfill(status=429, body='{"code": "too_many_requests"}', **problem)  # type: ignore[arg-type]
        else:
            route.continue_()

    guest = at_checkout(visit, seller)
    guest.person.context.route(PLACING, answer)
    guest.order()
    assert len(keys) == 3
    assert len(set(keys)) == len(seller.placed()) == 1


def test_a_second_order_has_a_key_of_its_own(seller: Seller, visit: Visit) -> None:
    guest = Guest(visit, seller)
    for _ in range(2):
        guest.add("Espresso")
        guest.checkout()
        guest.order()
        guest.page.locator(".ticket-acts").get_by_role("link", name="Back to the shop").click()
        guest.item("Espresso").wait_for()
    assert len(seller.placed()) == 2


def test_a_copy_of_a_window_does_not_order_the_same_basket_by_mistake(seller: Seller, visit: Visit) -> None:
    guest = at_checkout(visit, seller)
    guest.person.context.route(PLACING, lambda route: route.abort())
    guest.button.click()
    guest.person.press("Stop trying")
    storage = guest.page.evaluate("JSON.stringify(sessionStorage)")
    guest.person.context.unroute_all()
    copy = Guest(visit, seller)
    copy.item("Espresso").wait_for()
    copy.page.evaluate("(text) => Object.assign(sessionStorage, JSON.parse(text))", storage)
    copy.page.goto(f"/shop/{seller.business_id}#/basket")
    copy.page.reload()
    copy.button.wait_for()
    copy.order()
    guest.order()
    assert len(seller.placed()) == 1
