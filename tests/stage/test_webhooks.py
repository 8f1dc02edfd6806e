"""Webhooks, for the owner of a business alone."""

import pytest

from tests.support.shop import Owner, Person
from tests.support.stage import assert_problem

URL = "https://example.com/hooks"
ANY = {"If-Match": "*"}


def test_a_webhook_from_its_making_to_its_end(owner: Owner) -> None:
    path = f"/api/businesses/{owner.business_id}/webhooks"
    made = owner.ask("POST", path, {"url": URL, "kinds": ["item.*"]})
    assert (made.status, made.headers["etag"], made.json["status"]) == (201, '"1"', "on")
    shown = dict(made.json)
    secret = shown.pop("secret")
    assert secret.startswith("whsec_")
    place = f"{path}/{shown['webhook_id']}"
    assert owner.ask("GET", place).json == shown
    assert owner.ask("GET", path).json["webhooks"] == [shown]
    assert_problem(owner.ask("PATCH", place, {"enabled": False}), 428, "precondition_required")
    assert owner.ask("PATCH", place, {"enabled": False}, **ANY).json["status"] == "off"
    assert owner.ask("POST", f"{place}/rotate").json["secret"] != secret
    assert owner.ask("DELETE", place, **ANY).status == 204
    assert_problem(owner.ask("GET", place), 404, "not_found")


def test_others_learn_of_no_webhook(owner: Owner, other: Person) -> None:
    path = f"/api/businesses/{owner.business_id}/webhooks"
    for answer in (other.ask("GET", path), other.ask("POST", path, {"url": URL})):
        assert_problem(answer, 404, "not_found")


@pytest.mark.parametrize(
    "address",
    ["https://10.0.0.1/", "https://[::ffff:10.0.0.1]/", "ftp://example.com/", "https://example.com:25/", "example.com"],
)
def test_a_webhook_to_an_address_that_is_not_public_is_refused(address: str, owner: Owner) -> None:
    answer = owner.ask("POST", f"/api/businesses/{owner.business_id}/webhooks", {"url": address})
    assert_problem(answer, 400, "invalid_input", "url")
