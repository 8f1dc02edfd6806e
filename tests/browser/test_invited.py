"""Where not everybody may register: the link of an invitation opens a shop, and nobody else is offered one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.browser import Person
from tests.support.processes import Shopkeeper, run_cli, shopkeeper
from tests.support.shop import PASSWORD

Visit = Callable[..., Person]
ANN = "ann@example.com"
FIELDS = {"business_name": "Ann's Shop", "phone": "+49 30 654321", "address": "2 Main St", "password": PASSWORD}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("invited") / "shop.db"


@pytest.fixture(scope="module")
def inviting(data: Path) -> Iterator[Shopkeeper]:
    with shopkeeper(data, {"REGISTRATION": "invite"}) as running:
        yield running


def invite(data: Path, email: str) -> str:
    """Return the path of a link that `shopkeeper invite` prints."""
    done = run_cli("invite", email, "--data", str(data), REGISTRATION="invite")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_an_invited_person_opens_a_shop_with_their_own_address(inviting: Shopkeeper, data: Path, visit: Visit) -> None:
    link = invite(data, ANN)
    person = visit(inviting.url)
    page = person.open(link)
    person.see("Set up your shop")
    assert person.faults() == []
    address = page.get_by_label("Email address")
    assert address.input_value() == ANN
    assert not address.is_editable()
    person.fill(**FIELDS)
    person.press("Open the shop")
    person.see("Orders")
    assert page.get_by_role("banner").inner_text().startswith("Ann's Shop")
    page.goto("/#/account")
    page.get_by_text("Confirmed", exact=True).wait_for()

    late = visit(inviting.url)
    late.open(link)
    late.see("Set up your shop")
    late.fill(**{**FIELDS, "password": "another long password"})
    late.press("Open the shop")
    late.page.get_by_text("There already is an account with this email address.").wait_for()


def test_an_invitation_that_was_replaced_says_so_in_both_languages(
    inviting: Shopkeeper, data: Path, visit: Visit
) -> None:
    former = invite(data, "bob@example.com")
    invite(data, "bob@example.com")
    for language, button, said in (
        ("en", "Open the shop", "Please ask the operator for a new one."),
        ("de", "Geschäft eröffnen", "Bitte den Betreiber um eine neue bitten."),
    ):
        person = visit(inviting.url, locale=language)
        person.open(former)
        person.page.get_by_label("Email address" if language == "en" else "E-Mail-Adresse").wait_for()
        person.fill(**FIELDS)
        person.press(button)
        person.page.get_by_text(said).wait_for()


def test_nobody_else_is_offered_to_register(inviting: Shopkeeper, visit: Visit) -> None:
    """At a server without a first run, as on AWS."""
    person = visit(inviting.url)
    person.page.route("**/api/setup", lambda route: route.fulfill(status=403, json={"message": "none"}))
    with person.page.expect_response("**/api/auth/registration") as asked:
        person.open()
        person.see("Sign in")
    assert asked.value.json() == {"registration": "invite"}
    assert person.page.get_by_role("link", name="New here? Set up your shop").count() == 0
    person.page.goto("/#/register")
    person.see("Set up your shop")
    person.fill(email="eve@example.com", **FIELDS)
    person.press("Open the shop")
    person.page.get_by_text("To register here you need an invitation.").wait_for()
