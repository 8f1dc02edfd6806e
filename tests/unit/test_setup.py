"""First run: the owner's account and the business come together, once, and strangers need the code."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shopkeeper.clock import utc_now
from shopkeeper.domains.accounts.model import AlreadyRegistered, Tokens
from shopkeeper.domains.setup.code import is_code, new_code
from shopkeeper.domains.setup.locality import is_at_this_machine
from shopkeeper.domains.setup.model import AlreadySetUp, FirstBusiness, FirstRun, FirstRunDone, WrongCode
from shopkeeper.domains.setup.service import Setup
from shopkeeper.http import Request
from shopkeeper.storage import Store, StoreUnavailable
from shopkeeper.storage.tables import BUSINESSES, MARKERS, USERS
from tests.support.application import Shop
from tests.support.lagging import settle
from tests.support.stores import ATOMIC
from tests.support.wrapping import WrappedStore

CODE = "BCDF-GHJK-LMNP-QRST-VWXZ"
BUSINESS = FirstBusiness(business_name="Café Zoë", phone="+4930123456", address="1 Main St")
HERE = {"host": "127.0.0.1:8000"}


def first_run(email: str = "Zoe@Example.com", **other: Any) -> FirstRun:
    return FirstRun(email=email, password="correct horse battery", business=BUSINESS, **other)


def signed_in(email: str, password: str, address: str) -> Tokens:
    """Stand in for the sign-in, which has tests of its own."""
    return Tokens(access_token=f"{email} {password} {address}", expires_in=1, refresh_token="none")


def setup_of(store: Store, **other: Any) -> Setup:
    return Setup(store, utc_now, CODE, signed_in, **other)


def everything(store: Store) -> list[Mapping[str, Any]]:
    return [item for table in (USERS, BUSINESSES, MARKERS) for item in store.scan(table, limit=100).items]


def test_the_first_run_makes_an_admin_who_owns_the_business_and_signs_them_in(shop_store: Store) -> None:
    setup = setup_of(shop_store)
    assert setup.is_needed()
    done = setup.run(first_run(name="Zoë"), "10.0.0.1", is_local=True)
    (user,) = shop_store.scan(USERS).items
    assert (user["email"], user["name"], user["role"]) == ("zoe@example.com", "Zoë", "admin")
    assert done.business.cognito_user_id == user["user_id"]
    assert (done.business.email, done.business.business_name) == ("zoe@example.com", "Café Zoë")
    assert done.tokens.access_token == "Zoe@Example.com correct horse battery 10.0.0.1"
    assert len(shop_store.scan(BUSINESSES).items) == 1


def test_a_second_first_run_is_refused_and_changes_nothing(shop_store: Store) -> None:
    setup_of(shop_store).run(first_run(), "", is_local=True)
    before = everything(shop_store)
    for setup in (setup_of(shop_store), setup_of(shop_store)):
        assert not setup.is_needed()
        with pytest.raises(AlreadySetUp):
            setup.run(first_run("other@example.com"), "", is_local=True)
    assert everything(shop_store) == before


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_of_many_first_runs_at_once_one_is_done(shop_store: Store) -> None:
    start = threading.Barrier(6)

    def run(number: int) -> FirstRunDone | AlreadySetUp:
        setup = setup_of(shop_store)
        start.wait()
        try:
            return setup.run(first_run(f"owner-{number}@example.com"), "", is_local=True)
        except AlreadySetUp as error:
            return error

    with ThreadPoolExecutor(6) as pool:
        came = list(pool.map(run, range(6)))
    assert sum(isinstance(one, FirstRunDone) for one in came) == 1
    assert (len(shop_store.scan(USERS).items), len(shop_store.scan(BUSINESSES).items)) == (1, 1)


def test_an_installation_with_a_business_or_an_admin_needs_no_first_run(shop_store: Store) -> None:
    shop = Shop(shop_store)
    shop.add_account("bob")
    settle(shop_store)
    assert setup_of(shop_store).is_needed()
    shop.add_account("ann", "admin")
    settle(shop_store)
    assert not setup_of(shop_store).is_needed()


def test_a_business_alone_ends_the_first_run(shop_store: Store) -> None:
    Shop(shop_store).add_business("ann")
    assert not setup_of(shop_store).is_needed()
    with pytest.raises(AlreadySetUp):
        setup_of(shop_store).run(first_run(), "", is_local=True)


def test_an_email_address_that_has_an_account_is_refused_and_nothing_is_made(shop_store: Store) -> None:
    Shop(shop_store).add_account("zoe")
    before = everything(shop_store)
    with pytest.raises(AlreadyRegistered):
        setup_of(shop_store).run(first_run("zoe@example.com"), "", is_local=True)
    assert everything(shop_store) == before
    setup_of(shop_store).run(first_run("owner@example.com"), "", is_local=True)


class FallingStore(WrappedStore):
    """A store that does what it is told, and then does not say so."""

    def transact(self, actions: Sequence[Any]) -> list[int]:
        super().transact(actions)
        raise StoreUnavailable("the reply was lost")


def test_a_lost_reply_leaves_a_whole_shop_that_is_not_made_twice(shop_store: Store) -> None:
    falling: Any = FallingStore(shop_store)
    with pytest.raises(StoreUnavailable):
        setup_of(falling).run(first_run(), "", is_local=True)
    with pytest.raises(AlreadySetUp):
        setup_of(shop_store).run(first_run(), "", is_local=True)
    assert (len(shop_store.scan(USERS).items), len(shop_store.scan(BUSINESSES).items)) == (1, 1)


@pytest.mark.parametrize("shop_store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sent", [None, "", "-", "BCDF", CODE[:-1], CODE + "X", "é" * 20])
def test_a_stranger_without_the_code_is_refused(sent: str | None, shop_store: Store) -> None:
    with pytest.raises(WrongCode):
        setup_of(shop_store).run(first_run(code=sent), "", is_local=False)
    with pytest.raises(WrongCode):
        setup_of(shop_store, trusts_loopback=False).run(first_run(code=sent), "", is_local=True)
    assert everything(shop_store) == []


@pytest.mark.parametrize("shop_store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sent", [CODE, CODE.lower(), CODE.replace("-", " "), f" {CODE.replace('-', '')} "])
def test_a_stranger_with_the_code_is_the_owner(sent: str, shop_store: Store) -> None:
    setup = setup_of(shop_store)
    assert setup.state(is_local=False).code_required
    setup.run(first_run(code=sent), "", is_local=False)
    assert not setup.state(is_local=False).code_required


def test_a_code_is_long_and_new_each_time_and_fits_itself_alone() -> None:
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    assert {len(code) for code in codes} == {24}
    assert all(is_code(one, one) for one in codes)
    assert not is_code(*list(codes)[:2])


@pytest.mark.parametrize("shop_store", ["sqlite"], indirect=True)
def test_with_a_pool_of_cognito_there_is_nothing_to_set_up(shop_store: Store) -> None:
    setup = Setup(shop_store, utc_now, CODE, None)
    state = setup.state(is_local=True)
    assert (state.needed, state.sign_in) == (False, "cognito")
    with pytest.raises(AlreadySetUp):
        setup.run(first_run(), "", is_local=True)


def asked(address: str, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("POST", "/api/setup", (), "id", headers=named, client_address=address)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:80", "shop.localhost:8000", "[::1]:8000"])
def test_a_request_from_loopback_by_a_loopback_name_is_local(address: str, host: str) -> None:
    assert is_at_this_machine(asked(address, host=host))


@pytest.mark.parametrize(
    "request_",
    [
        asked("192.168.1.5", **HERE),
        asked("", **HERE),
        asked("10.127.0.0.1", **HERE),
        asked("127.0.0.1"),
        asked("127.0.0.1", host=""),
        asked("127.0.0.1", host="shop.example"),
        asked("127.0.0.1", host="127.0.0.1.evil.example"),
        asked("127.0.0.1", host="localhost.evil.example"),
        asked("127.0.0.1", host="evil.example:127.0.0.1"),
        asked("127.0.0.1", host="0.0.0.0:8000"),
        asked("127.0.0.1", x_forwarded_for="203.0.113.7", **HERE),
        asked("127.0.0.1", x_forwarded_for="", **HERE),
        asked("127.0.0.1", forwarded="for=127.0.0.1", **HERE),
        asked("127.0.0.1", via="1.1 proxy", **HERE),
        asked("127.0.0.1", x_real_ip="127.0.0.1", **HERE),
        asked("127.0.0.1", x_forwarded_host="localhost", **HERE),
        asked("127.0.0.1", x_forwarded_proto="https", **HERE),
        asked("127.0.0.1", x_forwarded_port="443", **HERE),
        asked("127.0.0.1", cf_connecting_ip="203.0.113.7", **HERE),
        asked("127.0.0.1", true_client_ip="203.0.113.7", **HERE),
        asked("127.0.0.1", x_client_ip="203.0.113.7", **HERE),
    ],
    ids=lambda one: f"{one.client_address} {dict(one.headers)}",
)
def test_whoever_may_be_elsewhere_is_not_local(request_: Request) -> None:
    assert not is_at_this_machine(request_)
