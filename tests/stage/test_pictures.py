"""Pictures of items, wherever the stage keeps them, or that it keeps none."""

from typing import Any

import pytest

from tests.support.http import Answer, send
from tests.support.pictures import JPEG, PNG, attach, post_form
from tests.support.shop import Owner, Person
from tests.support.stage import assert_problem

NEW: dict[str, Any] = {"media_type": "image/png", "size": len(PNG)}
NO_NAME = "01a22378-32bc-7c18-9ef7-b84685ac48c7/01a22378-32be-7e3c-9d7b-05bf5c8fcb62.png"


def ask_for_form(owner: Person, item: dict[str, Any], **changed: Any) -> Answer:
    return owner.ask("POST", f"/api/items/{item['item_id']}/picture", {**NEW, **changed})


def test_a_picture_is_uploaded_with_its_form_and_shown_or_it_is_said_that_none_is_kept(url: str, owner: Owner) -> None:
    item = owner.add()
    form = ask_for_form(owner, item)
    if form.status == 409:
        assert_problem(form, 409, "pictures_not_configured")
        assert_problem(attach(owner, item, NO_NAME), 409, "pictures_not_configured")
        return
    name = form.json["picture"]
    assert form.status == 201
    assert_problem(attach(owner, item, name), 422, "picture_missing")
    refused = post_form(url, form.json["upload"], PNG, key=NO_NAME)
    assert refused.status == 403
    assert post_form(url, form.json["upload"], PNG).status == 204
    shown = attach(owner, item, name)
    assert (shown.status, shown.json["picture"]) == (200, name)
    assert shown.json["picture_url"].endswith(f"/pictures/{name}")
    assert send(url, "GET", f"/api/items/{item['item_id']}").json == shown.json
    assert attach(owner, item, None).json["picture_url"] is None
    assert_problem(attach(owner, item, name), 422, "picture_missing")


def test_a_file_that_is_not_what_was_announced_is_never_shown(url: str, owner: Owner) -> None:
    item = owner.add()
    form = ask_for_form(owner, item)
    if form.status == 409:
        assert_problem(form, 409, "pictures_not_configured")
        return
    post_form(url, form.json["upload"], JPEG)
    assert_problem(attach(owner, item, form.json["picture"]), 422, "picture_missing")


def test_nobody_else_gets_a_form(owner: Owner, other: Person) -> None:
    assert_problem(ask_for_form(other, owner.add()), 404, "not_found")


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"media_type": "image/svg+xml"}, "media_type"), ({"size": 0}, "size"), ({"size": 2_000_001}, "size")],
)
def test_a_form_for_something_else_is_refused(changed: dict[str, Any], field: str, owner: Owner) -> None:
    assert_problem(ask_for_form(owner, owner.add(), **changed), 400, "invalid_input", field)
