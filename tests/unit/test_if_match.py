"""`If-Match` (RFC 9110, 13.1.1): which fields name a version, which name another, and which are none at all."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.http import InvalidInput, PreconditionFailed, Response
from shopkeeper.http.fields import IfMatch
from shopkeeper.http.version import check_if_match
from shopkeeper.storage.tables import TABLES
from tests.support.application import Shop, whole
from tests.support.stores import open_store

CHANGES: dict[str, tuple[str, dict[str, object]]] = {
    "item": ("/api/items/{item}", {"price_minor": 300}),
    "business": ("/api/businesses/{business}", {"accepting_orders": False}),
    "account": ("/api/users/me", {"name": "Anna"}),
}

NAMES_IT = ['"1"', '"9", "1"', '"9","1"', ',, "1" ,', 'W/"1"', '"a,b" , W/"1"', "*", " * ", '""  ,\t"1"']
NAMES_ANOTHER = ['"2"', 'W/"2"', '"1 2"'.replace(" ", ""), '"1,9"', '""', '"01"', '"*"', '"9", "8"', '"W/1"']
IS_NONE = ["", " ", ",", " , ,", "1", '"1', '1"', 'w/"1"', 'W / "1"', '"1" "1"', '"1";"1"', '*, "1"', '"1", *', "**"]
DIGEST = "9f86d081884c7d65"
NAMES_IT += [f'"1.{DIGEST}"', f'W/"1.{DIGEST}"', f'"9", "1.{DIGEST}"']
NAMES_ANOTHER += [f'"2.{DIGEST}"', f'"{DIGEST}"', '"1."', '"1.9"', f'"1.{DIGEST}0"', f'"0.1.{DIGEST}"']
IS_NONE += ['"a b"', "'1'", '"1", 1', "W/", '"\x7f"', '"' + "1" * 1000 + '"']


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    store = open_store("sqlite", {}, tmp_path, TABLES)
    shop = Shop(store)
    shop.add_account("ann")
    yield shop
    store.close()


def ask(shop: Shop, method: str, what: str, if_match: str | None) -> Response:
    path, change = CHANGES[what]
    business = shop.give("GET", "/api/businesses/mine", by="ann")["business_id"] if "{" in path else ""
    items = shop.give("GET", "/api/items")["items"] or [{"item_id": "none"}]
    place = path.format(business=business, item=items[0]["item_id"])
    headers = {} if if_match is None else {"if-match": if_match}
    return shop.ask(method, place, change if method == "PATCH" else None, by="ann", headers=headers)


def seen(shop: Shop, what: str) -> Response:
    response = ask(shop, "GET", what, None)
    return msgspec.structs.replace(response, headers={})


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    """A shop with an item, a business and an account, each in version 1."""
    shop.add_item("ann", shop.add_business("ann"))
    return shop


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("what", ["item", "business"])
@pytest.mark.parametrize("field", ['"1"', 'W/"1"', "*", ' , "9" , "1"'])
def test_a_field_that_names_the_version_lets_a_change_through(
    stocked: Shop, method: str, what: str, field: str
) -> None:
    assert ask(stocked, method, what, field).status in (200, 204)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("field", ['"1"', 'W/"1"', "*"])
def test_ones_own_account_heeds_if_match_on_every_change(shop: Shop, method: str, field: str) -> None:
    assert ask(shop, method, "account", '"2"').status == 412
    assert ask(shop, method, "account", field).status in (200, 204)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize(("field", "status"), [(field, 412) for field in NAMES_ANOTHER] + [(f, 400) for f in IS_NONE])
def test_any_other_field_changes_nothing(stocked: Shop, method: str, what: str, field: str, status: int) -> None:
    before = seen(stocked, what)
    response = ask(stocked, method, what, field)
    assert response.status == status
    assert seen(stocked, what) == before
    if status == 400:
        (error,) = msgspec.json.decode(whole(response))["errors"]
        assert error["field"] == "If-Match"
        assert error["message"].startswith("must ")


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_an_item_needs_the_field_and_nothing_else_does(stocked: Shop, method: str) -> None:
    assert ask(stocked, method, "item", None).status == 428
    assert ask(stocked, method, "business", None).status in (200, 204)


def names(field: str, version: int) -> bool:
    """Tell whether a field, taken as an endpoint takes it, names a version. Raises InvalidInput where it is none."""
    try:
        check_if_match(msgspec.convert(field, IfMatch), version)
    except msgspec.ValidationError:
        raise InvalidInput([]) from None
    except PreconditionFailed:
        return False
    return True


@pytest.mark.parametrize("field", NAMES_IT)
def test_a_list_names_each_of_its_tags(field: str) -> None:
    assert names(field, 1)


TAG = st.text(st.characters(codec="latin-1", exclude_characters='"\x7f', min_codepoint=0x21), max_size=5).filter(
    lambda text: not set(text) & {chr(code) for code in range(0x80, 0xA0)}
)
GAP = st.text(st.sampled_from(" \t,"), max_size=4)


@given(st.lists(st.tuples(GAP, st.sampled_from(["", "W/"]), TAG), min_size=1, max_size=6), GAP, st.integers(1, 99))
def test_any_list_that_is_well_formed_names_exactly_its_tags(
    parts: list[tuple[str, str, str]], end: str, version: int
) -> None:
    field = ",".join(f'{gap}{weak}"{value}"' for gap, weak, value in parts) + end
    assert names(field, version) == (str(version) in [value for _, _, value in parts])


@given(st.text(st.sampled_from('W/"*, 1\t'), max_size=40))
def test_a_field_of_whatever_signs_never_names_a_version_that_is_not_quoted(field: str) -> None:
    try:
        found = names(field, 1)
    except InvalidInput:
        return
    assert found == ('"1"' in field or field.strip() == "*")
