"""Floods of strangers' connections and requests: others are answered meanwhile, and nothing is held for ever."""

import json
import resource
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.hasty import HASTY
from tests.support.http import Answer, Client, send
from tests.support.processes import SHOPKEEPER, Shopkeeper, with_files
from tests.support.shop import PASSWORD, Owner, order_for, place
from tests.support.strangers import Strangers, connect, is_closed, read_answer, request

CLOSED_WITHIN_SECONDS = 60.0
VISITS = 49
MEGABYTE = 1 << 20
LOGINS = 400
SEARCHES = 300
REGISTER = "/auth/register-business"
CHUNKED = request("POST", REGISTER, headers={"Transfer-Encoding": "chunked", "Content-Type": "application/json"})


@pytest.fixture(scope="module", autouse=True)
def many_files() -> Iterator[None]:
    """Let the tests themselves have as many connections as they need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shopkeeper]:
    """A server with less patience than usual, so that tests need not wait so long."""
    running = Shopkeeper(tmp_path_factory.mktemp("floods") / "shop.db", 0, HASTY)
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def owner(server: Shopkeeper) -> Owner:
    return Owner(server.url)


def assert_others_are_served(owner: Owner) -> None:
    """Assert that fifty requests are answered, on one connection and on new ones, and counted exactly."""
    page = f"/counter/{uuid.uuid4()}"
    with Client(owner.url) as kept:
        counts = [kept.send("GET", page).json["count"] for _ in range(VISITS // 2)]
    counts += [send(owner.url, "GET", page).json["count"] for _ in range(VISITS - len(counts))]
    assert counts == list(range(1, VISITS + 1))
    item = owner.add(price_minor=250)
    order = place(owner, order_for(item, quantity=2))
    assert (order.status, order.json["total_minor"]) == (201, 500)
    assert owner.ask("GET", f"/api/orders/{order.json['order_id']}").json["status"] == "received"


def assert_all_are_closed(strangers: Strangers) -> None:
    assert strangers.wait_until_closed(CLOSED_WITHIN_SECONDS) == 0


@contextmanager
def few_files(folder: Path, soft: int, hard: int, program: Sequence[str]) -> Iterator[Shopkeeper]:
    """Run a server that starts with these limits of open files."""
    server = Shopkeeper(folder / "shop.db", 0, with_files(soft, hard, program))
    try:
        yield server
    finally:
        server.stop()


def registration(email: str) -> bytes:
    business = {"business_name": "Bakery", "email": email, "phone": "+14155550123", "address": "1 Main St"}
    return json.dumps({**business, "cognito_user_id": email}).encode()


def test_two_thousand_silent_connections_keep_nobody_out_and_are_closed(server: Shopkeeper, owner: Owner) -> None:
    with Strangers(server.port, 2000) as strangers:
        assert_others_are_served(owner)
        assert_all_are_closed(strangers)
    assert_others_are_served(owner)


def test_eleven_hundred_half_headers_keep_nobody_out_and_are_closed(server: Shopkeeper, owner: Owner) -> None:
    page = f"/counter/{uuid.uuid4()}"
    with Strangers(server.port, 1100, request("GET", page)[:-4]) as strangers:
        assert_others_are_served(owner)
        assert_all_are_closed(strangers)
        assert not any(answer.startswith(b"HTTP/1.1 2") for answer in strangers.received())
    assert send(server.url, "GET", page).json["count"] == 1


DRIPS = {
    "a header": (b"GET /counter HTTP/1.1\r\nX-Slow: ", b"x"),
    "empty lines before a request": (b"", b"\r\n"),
    "empty lines after a request": (b"GET /health HTTP/1.1\r\nHost: shop\r\n\r\n", b"\r\n"),
    "a body": (request("POST", REGISTER, b"x" * 10_000)[:-9_999], b"x"),
    "a body in chunks": (CHUNKED + b"2710\r\n", b"x"),
    "a line between chunks": (CHUNKED + b"1;extension=", b"x"),
    "a trailer": (CHUNKED + b"0\r\nX-Slow: ", b"x"),
}


def test_what_comes_byte_by_byte_for_ever_is_cut_off(server: Shopkeeper) -> None:
    slow = {name: connect(server.port, begins) for name, (begins, _) in DRIPS.items()}
    ends = time.monotonic() + CLOSED_WITHIN_SECONDS
    try:
        while time.monotonic() < ends and (open_ones := [name for name in slow if not is_closed(slow[name])]):
            for name in open_ones:
                try:
                    slow[name].sendall(DRIPS[name][1])
                except OSError:
                    pass  # it has been closed just now
            time.sleep(0.2)
        assert [name for name in slow if not is_closed(slow[name])] == []
    finally:
        for peer in slow.values():
            peer.close()


@pytest.mark.parametrize("begins", [b"GET /counter HTTP/1.1\r\nX-Long: ", CHUNKED + b"0\r\nX-Long: "])
def test_a_field_without_end_is_cut_off(server: Shopkeeper, begins: bytes) -> None:
    with connect(server.port, begins) as endless:
        with pytest.raises(OSError):  # it is reset, or the pipe is broken
            endless.sendall(b"x" * 64 * MEGABYTE)
        assert is_closed(endless)


def test_three_hundred_answers_that_nobody_reads_keep_nobody_out_and_are_closed(
    server: Shopkeeper, owner: Owner
) -> None:
    for _ in range(100):
        owner.add(description="x" * 1000)
    listing = request("GET", f"/api/items?business_id={owner.business_id}&limit=100")
    assert len(send(server.url, "GET", f"/api/items?business_id={owner.business_id}&limit=100").body) > 100_000
    with Strangers(server.port, 300, listing * 100) as strangers:
        assert_others_are_served(owner)
        assert_all_are_closed(strangers)


def test_64_bodies_that_stop_midway_keep_nobody_out_and_are_closed(server: Shopkeeper, owner: Owner) -> None:
    email = f"{uuid.uuid4()}@example.com"
    with Strangers(server.port, 64, request("POST", REGISTER, registration(email))[:-10]) as strangers:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(post_slowly, [server.port] * 32))
        assert [answer.status for answer in answers] == [201] * 32
        assert_others_are_served(owner)
        assert_all_are_closed(strangers)
    assert send(server.url, "POST", REGISTER, registration(email), {"Content-Type": "application/json"}).status == 201


def post_slowly(port: int) -> Answer:
    """Register a business with a body that follows its header a little later, as over a slow network."""
    body = registration(f"{uuid.uuid4()}@example.com")
    whole = request("POST", REGISTER, body)
    with connect(port, whole[: -len(body)]) as peer:
        time.sleep(0.15)
        peer.sendall(body)
        return read_answer(peer)


def test_connections_that_have_been_used_and_are_idle_are_closed(server: Shopkeeper, owner: Owner) -> None:
    with Strangers(server.port, 100, request("GET", "/health")) as strangers:
        assert_others_are_served(owner)
        assert_all_are_closed(strangers)
        assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in strangers.received())


def test_where_few_files_may_be_open_the_idle_ones_make_room_for_others(tmp_path: Path) -> None:
    with few_files(tmp_path, 256, 256, HASTY) as server:
        owner = Owner(server.url)
        with Strangers(server.port, 600) as silent, Strangers(server.port, 300, b"GET / HT") as slow:
            assert_others_are_served(owner)
            assert silent.held + slow.held < 256
            assert_all_are_closed(silent)
            assert_all_are_closed(slow)
        assert_others_are_served(owner)


def test_a_low_soft_limit_of_open_files_is_raised_at_the_start(tmp_path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with few_files(tmp_path, 128, hard, SHOPKEEPER) as server:
        owner = Owner(server.url)
        with Strangers(server.port, 600, request("GET", "/health")) as used:
            assert_others_are_served(owner)
            assert used.held == 600


def test_of_400_logins_at_once_each_is_answered_and_visits_are_meanwhile(server: Shopkeeper, owner: Owner) -> None:
    logins = [
        request("POST", "/api/auth/login", json.dumps({"email": f"{n}@example.com", "password": "wrong"}).encode())
        for n in range(LOGINS)
    ]
    asked = [connect(server.port, login) for login in logins]
    assert_others_are_served(owner)
    answers = [read_answer(peer) for peer in asked]
    for peer in asked:
        peer.close()
    assert {answer.status for answer in answers} <= {401, 429, 503}
    assert 401 in {answer.status for answer in answers}
    assert all("retry-after" in answer.headers for answer in answers if answer.status != 401)
    again = json.dumps({"email": owner.email, "password": PASSWORD}).encode()
    assert send(server.url, "POST", "/api/auth/login", again, {"Content-Type": "application/json"}).status == 200


def test_of_many_searches_at_once_each_is_answered_and_visits_are_meanwhile(server: Shopkeeper) -> None:
    owner = Owner(server.url)
    for number in range(300):
        owner.add(name=f"Bread {number}", description="rye " * 50)
    wanted = owner.add(name="Croissant")
    search = f"/api/items?business_id={owner.business_id}&search=croissant"
    asked = [connect(server.port, request("GET", search)) for _ in range(SEARCHES)]
    assert_others_are_served(owner)
    answers = [read_answer(peer) for peer in asked]
    for peer in asked:
        peer.close()
    found = [answer for answer in answers if answer.status == 200]
    refused = [answer for answer in answers if answer.status != 200]
    assert found
    assert all(all_found(server.url, search, answer) == [wanted["item_id"]] for answer in found)
    assert {answer.status for answer in refused} <= {503}
    assert all("retry-after" in answer.headers for answer in refused)


def all_found(url: str, search: str, first: Answer) -> list[str]:
    """Return the ids of the items on a page and on those after it: a busy server's pages may be short or empty."""
    pages = [first.json]
    while cursor := pages[-1].get("next"):
        pages.append(send(url, "GET", f"{search}&cursor={cursor}").json)
    return [item["item_id"] for page in pages for item in page["items"]]
