"""The catalogue of a business."""

from typing import Any

import pytest

from tests.support.http import send
from tests.support.shop import Owner, Person
from tests.support.stage import NewOwner, assert_problem

PATCH: dict[str, Any] = {"price_minor": 275}


def test_an_item_from_its_making_to_its_end(url: str, owner: Owner) -> None:
    item = owner.add(description="Short and strong")
    path = f"/api/items/{item['item_id']}"
    assert (item["available"], item["version"], item["description"]) == (True, 1, "Short and strong")
    shown = owner.ask("GET", path)
    assert (shown.json, shown.headers["etag"]) == (item, '"1"')
    for headers, status, code in (
        ({}, 428, "precondition_required"),
        ({"If-Match": '"9"'}, 412, "precondition_failed"),
    ):
        assert_problem(owner.ask("PATCH", path, PATCH, **headers), status, code)
        assert_problem(owner.ask("DELETE", path, **headers), status, code)
    changed = owner.ask("PATCH", path, {**PATCH, "description": None}, **{"If-Match": '"1"'})
    assert (changed.status, changed.headers["etag"]) == (200, '"2"')
    assert changed.json == {
        **item,
        **PATCH,
        "description": None,
        "version": 2,
        "updated_at": changed.json["updated_at"],
    }
    gone = owner.ask("DELETE", path, **{"If-Match": '"2"'})
    assert (gone.status, gone.body) == (204, b"")
    assert_problem(send(url, "GET", path), 404, "not_found")
    assert_problem(owner.ask("DELETE", path, **{"If-Match": "*"}), 404, "not_found")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_has_a_public_answer_already_is_told_so_without_it(method: str, url: str, owner: Owner) -> None:
    item = owner.add()
    own = f"/api/items?business_id={owner.business_id}"
    for path in (own, f"/api/items/{item['item_id']}", f"/api/businesses/{owner.business_id}"):
        seen = send(url, "GET", path)
        assert seen.headers["cache-control"] == "public, max-age=5, stale-while-revalidate=60"
        for tag in (seen.headers["etag"], f'"other", W/{seen.headers["etag"]}', "*"):
            again = send(url, method, path, headers={"If-None-Match": tag})
            assert (again.status, again.body) == (304, b"")
            assert again.headers["etag"] == seen.headers["etag"]
        assert "no-store" in owner.ask(method, path).headers["cache-control"]
        assert send(url, method, path, headers={"If-None-Match": '"other"'}).status == 200


def test_nobody_else_touches_a_catalogue(url: str, owner: Owner, other: Person) -> None:
    item = owner.add()
    path = f"/api/items/{item['item_id']}"
    new = {"business_id": owner.business_id, "name": "X", "price_minor": 1, "currency": "EUR"}
    assert_problem(other.ask("POST", "/api/items", new), 404, "not_found")
    assert_problem(other.ask("PATCH", path, PATCH, **{"If-Match": '"1"'}), 404, "not_found")
    assert_problem(other.ask("DELETE", path, **{"If-Match": "*"}), 404, "not_found")
    assert send(url, "GET", path).json == item


BAD_ITEMS: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"price_minor": -1, "currency": "XXX"}, ("price_minor", "currency")),
    ({"price_minor": 1.5}, ("price_minor",)),
    ({"price_minor": "1"}, ("price_minor",)),
    ({"price_minor": 10**13}, ("price_minor",)),
    ({"currency": "eur"}, ("currency",)),
    ({"name": ""}, ("name",)),
    ({"available": "yes"}, ("available",)),
    ({"item_id": "mine"}, ("item_id",)),
]


@pytest.mark.parametrize(("changed", "fields"), BAD_ITEMS)
def test_an_item_that_is_refused_is_told_why(owner: Owner, changed: dict[str, Any], fields: tuple[str, ...]) -> None:
    good = {"business_id": owner.business_id, "name": "X", "price_minor": 1, "currency": "EUR"}
    assert_problem(owner.ask("POST", "/api/items", {**good, **changed}), 400, "invalid_input", *fields)


def test_items_are_listed_page_by_page_and_found_past_case_and_accents(url: str, new_owner: NewOwner) -> None:
    owner = new_owner()
    names = ["Espresso", "Thé à la menthe", "THE A LA CREME", "Water", "Lait"]
    made = [owner.add(name=name)["item_id"] for name in names]
    base = f"/api/items?business_id={owner.business_id}"

    def walk(path: str) -> list[str]:
        """Follow the cursors from a path, and return the ids of all items."""
        page = send(url, "GET", path)
        found = [item["item_id"] for item in page.json["items"]]
        assert ("link" in page.headers) == bool(page.json["next"])
        return (
            found + walk(f"{path.partition('&cursor')[0]}&cursor={page.json['next']}") if page.json["next"] else found
        )

    assert walk(base) == made
    assert walk(f"{base}&limit=2") == made
    assert walk(f"{base}&skip=4&limit=1") == made[4:]
    assert walk(f"{base}&search=THE%20A") == made[1:3]
    assert walk(f"{base}&search=nothing") == []
    cursor = send(url, "GET", f"{base}&limit=2").json["next"]
    for wrong in (f"/api/items?cursor={cursor}", f"{base}&search=x&cursor={cursor}", f"{base}&cursor=AAAA"):
        assert send(url, "GET", wrong).status == 400
    for query in ("limit=0", "limit=101", "skip=-1"):
        assert_problem(send(url, "GET", f"{base}&{query}"), 400, "invalid_input", query.partition("=")[0])
    assert len(send(url, "GET", "/api/items?limit=1").json["items"]) == 1
