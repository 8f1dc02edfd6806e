"""Whatever a caller sends in the place of a cursor, a number, a name or a token, it is never a fault of ours."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.http import InvalidInput, Response
from shopkeeper.http.cursor import decode_cursor, encode_cursor
from shopkeeper.storage.tables import ITEMS, ORDERS, TABLES, USERS
from tests.support.application import Shop, whole
from tests.support.stores import ATOMIC, open_store

LISTS = ("users", "all items", "items", "items found", "orders", "orders received")


class Lists:
    """A shop with three of everything, and a way to ask each list for a page."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        for name in ("ann", "bob", "zoe"):
            shop.add_account(name, role="admin" if name == "ann" else "user")
        self.business = shop.add_business("ann")
        self.items = sorted(shop.add_item("ann", self.business) for _ in range(3))
        placed = [shop.add_order(self.business, self.items[0], f"table-number-{n:03}") for n in range(3)]
        self.orders = sorted(placed, key=lambda order: str(order["order_id"]))
        orders = f"/api/businesses/{self.business}/orders"
        self._places: dict[str, tuple[str, dict[str, str]]] = {
            "users": ("/api/users", {}),
            "all items": ("/api/items", {}),
            "items": ("/api/items", {"business_id": self.business}),
            "items found": ("/api/items", {"business_id": self.business, "search": "espresso"}),
            "orders": (orders, {}),
            "orders received": (orders, {"status": "received"}),
        }
        self.cursors = {name: str(self.page(name)["next"]) for name in LISTS}

    def ask(self, name: str, **query: str) -> Response:
        path, fixed = self._places[name]
        return self.shop.ask("GET", path, by="ann", query={"limit": "1", **fixed, **query})

    def page(self, name: str, **query: str) -> Any:
        response = self.ask(name, **query)
        assert response.status == 200, response
        return msgspec.json.decode(whole(response))


@pytest.fixture(scope="module", params=ATOMIC)
def lists(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lists]:
    kind = str(request.param)
    endpoints = {} if kind == "sqlite" else {kind: str(request.getfixturevalue(kind))}
    store = open_store(kind, endpoints, tmp_path_factory.mktemp("lists"), TABLES)
    yield Lists(Shop(store))
    store.close()


def opened(cursor: str) -> list[Any]:
    """Return what a cursor holds: its version, its scope and the key."""
    content: list[Any] = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return content


def closed(content: object) -> str:
    """Return the cursor that holds this, whatever it is."""
    return urlsafe_b64encode(msgspec.json.encode(content)).decode().rstrip("=")


def changed(change: Callable[[dict[str, Any]], object]) -> Callable[[str], str]:
    """Return what makes a forgery: the same cursor with its key changed."""

    def forge(cursor: str) -> str:
        version, scope, key = opened(cursor)
        change(key)
        return closed([version, scope, key])

    return forge


def last(key: dict[str, Any]) -> str:
    """Return the name of the attribute that may have any value: the id."""
    return next(name for name in key if name.endswith("_id") and name != "business_id")


FORGERIES: dict[str, Callable[[str], str]] = {
    "a missing id": changed(lambda key: key.pop(last(key))),
    "no key at all": changed(lambda key: key.clear()),
    "an attribute more": changed(lambda key: key.update(extra="x")),
    "another index's attribute": changed(lambda key: key.update(sort="x")),
    "a number for an id": changed(lambda key: key.update({last(key): 7})),
    "a huge number": changed(lambda key: key.update({last(key): 10**30})),
    "a number beyond 64 bits": changed(lambda key: key.update({last(key): 2**63})),
    "true": changed(lambda key: key.update({last(key): True})),
    "null": changed(lambda key: key.update({last(key): None})),
    "a fraction": changed(lambda key: key.update({last(key): 1.5})),
    "a list": changed(lambda key: key.update({last(key): ["x"]})),
    "an object": changed(lambda key: key.update({last(key): {"S": "x"}})),
    "an empty id": changed(lambda key: key.update({last(key): ""})),
    "an id of 1,025 bytes": changed(lambda key: key.update({last(key): "é" * 512 + "e"})),
    "another partition": changed(lambda key: key.update({name: "x" for name in key if name != last(key)})),
    "a partition that is a number": changed(lambda key: key.update({name: 1 for name in key if name != last(key)})),
    "another version": lambda cursor: closed([2, *opened(cursor)[1:]]),
    "a version that is true": lambda cursor: closed([True, *opened(cursor)[1:]]),
    "another list": lambda cursor: closed([1, "another list", opened(cursor)[2]]),
    "an element more": lambda cursor: closed([*opened(cursor), 1]),
    "an element less": lambda cursor: closed(opened(cursor)[:2]),
    "an object instead": lambda cursor: closed({"version": 1}),
    "no JSON": lambda _: urlsafe_b64encode(b"{").decode(),
    "half a surrogate pair": lambda cursor: urlsafe_b64encode(
        b'[1,"' + opened(cursor)[1].encode() + b'",{"item_id":"\\ud800"}]'
    ).decode(),
    "bytes that are not UTF-8": lambda _: urlsafe_b64encode(b'[1,"\xff",{}]').decode(),
    "digits without end": lambda _: urlsafe_b64encode(b'[1,"x",{"a":' + b"9" * 1500 + b"}]").decode(),
    "brackets without end": lambda _: urlsafe_b64encode(b"[" * 1800).decode(),
    "no base64": lambda cursor: cursor + "!",
    "a letter more": lambda cursor: cursor + "A",
    "nothing": lambda _: "",
    "letters beyond ASCII": lambda cursor: cursor + "é",
    "2,501 characters": lambda _: "A" * 2501,
}


FORMER: dict[str, tuple[str, Callable[[Lists], dict[str, str]]]] = {
    "users": ("users", lambda lists: {"user_id": "ann", "kind": "user"}),
    "all items": ("items of all with ", lambda lists: {"item_id": lists.items[0], "kind": "item"}),
    "items": (
        "items of {business} with ",
        lambda lists: {"item_id": lists.items[0], "business_id": lists.business},
    ),
    "items found": (
        "items of {business} with espresso",
        lambda lists: {"item_id": lists.items[0], "business_id": lists.business},
    ),
    "orders": (
        "orders of {business} being any",
        lambda lists: {"order_id": lists.orders[2]["order_id"], "business_id": lists.business},
    ),
    "orders received": (
        "orders of {business} being received",
        lambda lists: {
            "order_id": lists.orders[2]["order_id"],
            "business_status": f"{lists.business}#received",
        },
    ),
}
"""The scope and the key of the first page's cursor, as every version has written them."""


@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_that_an_older_version_gave_is_that_of_today(name: str, lists: Lists) -> None:
    scope, key = FORMER[name]
    former = [1, scope.format(business=lists.business), key(lists)]
    assert opened(lists.cursors[name]) == former
    assert lists.page(name, cursor=closed(former)) == lists.page(name, cursor=lists.cursors[name])


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_cursor_is_refused_by_name(forgery: str, name: str, lists: Lists) -> None:
    response = lists.ask(name, cursor=FORGERIES[forgery](lists.cursors[name]))
    assert (response.status, response.error) == (400, None)
    assert [error["field"] for error in msgspec.json.decode(whole(response))["errors"]] == ["cursor"]


@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_leads_on_where_it_was_given_and_nowhere_else(name: str, lists: Lists) -> None:
    first, second = lists.page(name), lists.page(name, cursor=lists.cursors[name])
    (rows,) = [what for what in first if what != "next"]
    assert first[rows] != second[rows]
    for other in LISTS:
        assert lists.ask(other, cursor=lists.cursors[name]).status == (200 if other == name else 400)


def test_a_cursor_of_the_longest_search_is_taken_back(lists: Lists) -> None:
    blank = "\x1f" * 100  # each takes six bytes in JSON, and means nothing to the search
    page = lists.page("items", search=blank)
    assert lists.page("items", search=blank, cursor=page["next"])["items"][0]["item_id"] == lists.items[1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEY_NAMES = sorted(
    {name for table in (USERS, ITEMS, ORDERS) for index in table.indexes for name in table.position(index.name)}
)


@pytest.mark.parametrize("name", LISTS)
@given(data=st.data())
def test_no_change_of_a_cursor_is_a_fault_of_ours(name: str, lists: Lists, data: st.DataObject) -> None:
    version, scope, key = opened(lists.cursors[name])
    values = (
        JSON | st.sampled_from(sorted(key.values())) | st.integers(-(2**70), 2**70) | st.text(min_size=1, max_size=400)
    )
    for _ in range(data.draw(st.integers(1, 3))):
        attribute = data.draw(st.sampled_from([*key, *KEY_NAMES]) | st.text(max_size=5))
        if data.draw(st.booleans()):
            key[attribute] = data.draw(values)
        else:
            key.pop(attribute, None)
    content = data.draw(
        st.sampled_from([[version, scope, key]] * 5 + [[data.draw(JSON), scope, key], key, [version, key]])
    )
    response = lists.ask(name, cursor=closed(content))
    assert response.status in (200, 400)
    assert response.error is None


@pytest.mark.parametrize("name", LISTS)
@given(data=st.data())
def test_no_change_of_a_cursors_letters_is_a_fault_of_ours(name: str, lists: Lists, data: st.DataObject) -> None:
    cursor = lists.cursors[name]
    place = data.draw(st.integers(0, len(cursor)))
    length = data.draw(st.integers(0, 3))
    spoilt = cursor[:place] + data.draw(st.text(max_size=4)) + cursor[place + length :]
    response = lists.ask(name, cursor=spoilt)
    assert response.status in (200, 400)
    assert response.error is None


TEXTS = st.text(st.characters(), max_size=30) | st.integers(-(2**80), 2**80).map(str) | st.floats().map(str)
TEXTS |= st.sampled_from(["1e1", "9" * 5000, "\ud800", "1\x00", "0x1", "\u0661", "1_0", "+1", " 1"])


@given(texts=st.dictionaries(st.sampled_from(["limit", "skip", "search", "cursor", "after", "status"]), TEXTS))
def test_no_parameter_whatever_is_a_fault_of_ours(lists: Lists, texts: dict[str, str]) -> None:
    feed = f"/api/businesses/{lists.business}/events"
    responses = [lists.ask(name, **texts) for name in LISTS]
    responses.append(lists.shop.ask("GET", feed, by="ann", query=texts))
    for response in responses:
        assert response.status in (200, 400, 410)
        assert response.error is None


NAMES = {
    "3,000 bytes": "a" * 3000,
    "129 characters": "a" * 129,
    "128 characters of four bytes": "\U0001f680" * 128,
    "a null character": "a\x00b",
    "half a surrogate pair": "a\ud800",
    "a hash": "a#received",
    "the key that a ping reads": "#ping",
    "a space": " ",
    "a direction mark": "a\u202eb",
}
PATHS = [
    ("GET", "/api/items/{}"),
    ("PATCH", "/api/items/{}"),
    ("DELETE", "/api/items/{}"),
    ("GET", "/api/users/{}"),
    ("GET", "/api/businesses/{}"),
    ("PATCH", "/api/businesses/{}"),
    ("DELETE", "/api/businesses/{}"),
    ("GET", "/api/businesses/{}/orders"),
    ("GET", "/api/businesses/{}/events"),
    ("GET", "/api/orders/{}"),
    ("POST", "/api/orders/{}/accept"),
    ("GET", "/counter/{}"),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("method", "path"), PATHS)
def test_a_name_that_no_store_takes_is_not_found_or_refused(lists: Lists, method: str, path: str, name: str) -> None:
    response = lists.shop.ask(method, path.format(NAMES[name]), by="ann", headers={"if-match": '"1"'})
    assert response.status in (400, 403, 404)
    assert response.error is None


SIGNS = {
    **NAMES,
    "letters beyond ASCII": "é" * 20,
    "a token cut short": "x",
    "nothing": "",
    "dots": "a.b.c.d",
    "digits": "9" * 40,
}


@pytest.mark.parametrize("name", SIGNS)
def test_no_sign_in_a_key_or_a_token_is_a_fault_of_ours(lists: Lists, name: str) -> None:
    shop, text, order = lists.shop, SIGNS[name], lists.orders[0]["order_id"]
    key, path = {"idempotency-key": text}, f"/api/businesses/{lists.business}/orders"
    body = {"customer": {"name": "Bob", "phone": "+12"}, "lines": [{"item_id": lists.items[0], "quantity": 1}]}
    odd = "\ud800" in text
    tokens = [
        {"refresh_token": text},
        {"refresh_token": text},
        {"token": text, "new_password": "correct horse battery"},
    ]
    responses = [
        shop.ask("GET", f"/api/orders/{order}", headers={"order-token": text}),
        shop.ask("POST", f"/api/orders/{order}/cancel", headers={"order-token": text}),
        shop.ask("POST", path, body, headers=key),
        *(
            shop.ask("POST", f"/api/auth/{place}", token)
            for place, token in zip(("refresh", "logout", "reset"), tokens, strict=True)
            if not odd  # no JSON holds it
        ),
    ]
    for response in responses:
        assert response.status in (201, 400, 401, 404)
        assert response.error is None


@given(st.text(st.characters(codec="latin-1"), max_size=250))
def test_no_order_token_whatever_is_a_fault_of_ours(lists: Lists, token: str) -> None:
    response = lists.shop.ask("GET", f"/api/orders/{lists.orders[0]['order_id']}", headers={"order-token": token})
    assert response.status in (400, 404)
    assert response.error is None


def test_a_signed_token_without_numbers_is_refused(lists: Lists) -> None:
    """Nobody can make one without the key; and with an older key of ours it would still be no fault."""
    for purpose, path, field in [("refresh token", "refresh", "refresh_token"), ("password reset", "reset", "token")]:
        for signed in ("a", "a.b", "a.b.c", "a.1.b", "a.²", ".", "a.1.2.3"):
            token = f"{signed}.{lists.shop.keyring.current(purpose).mac(signed)}"
            body = {field: token, **({"new_password": "correct horse battery"} if path == "reset" else {})}
            response = lists.shop.ask("POST", f"/api/auth/{path}", body)
            assert response.status in (400, 401)
            assert response.error is None


def test_a_key_of_numbers_has_a_cursor_of_numbers() -> None:
    shape = {"feed": str, "seq": int}
    for number in (0, 7, -1, 2**63 - 1):
        cursor = encode_cursor("feed", {"feed": "a", "seq": number})
        assert decode_cursor("feed", cursor, shape, {"feed": "a"}) == {"feed": "a", "seq": number}
    for value in (2**63, -(2**63), "7", ""):
        with pytest.raises(InvalidInput):
            decode_cursor("feed", encode_cursor("feed", {"feed": "a", "seq": value}), shape, {"feed": "a"})
