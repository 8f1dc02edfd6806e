"""Accounts and their sessions."""

import base64
import json

import pytest

from tests.support.http import Answer, post_json, send
from tests.support.shop import PASSWORD, Owner, Person
from tests.support.stage import UUID, NewPerson, assert_problem

pytestmark = pytest.mark.account

NEW_PASSWORD = "battery horse correct"
ME = "/api/users/me"


def log_in(person: Person, password: str = PASSWORD) -> Answer:
    return post_json(person.url, "/api/auth/login", {"email": person.email, "password": password})


def refresh(person: Person, token: str) -> Answer:
    return post_json(person.url, "/api/auth/refresh", {"refresh_token": token})


def test_a_new_account_is_shown_without_its_password(url: str, other: Person) -> None:
    assert other.registered.status == 201
    assert set(other.user) == {
        *("user_id", "email", "email_confirmed_at", "name", "role", "created_at", "updated_at", "version"),
    }
    assert (other.user["email"], other.user["role"], other.user["version"]) == (other.email, "user", 1)
    assert UUID.fullmatch(other.user["user_id"])
    assert other.registered.headers["location"].endswith(f"/api/users/{other.user['user_id']}")
    assert other.registered.headers["etag"] == '"1"'
    assert PASSWORD not in other.registered.body.decode()


def test_an_email_has_one_account_however_it_is_spelt(url: str, other: Person) -> None:
    again = {"email": other.email.upper(), "password": PASSWORD, "name": "Bob"}
    assert_problem(post_json(url, "/api/auth/register", again), 409, "already_registered")


REFUSED: list[tuple[dict[str, object], str]] = [
    ({"password": "correct"}, "password"),
    ({"email": "nobody"}, "email"),
    ({"name": "  "}, "name"),
    ({"role": "admin"}, "role"),
]


@pytest.mark.parametrize(("changed", "field"), REFUSED)
def test_an_account_that_is_refused_is_told_why(url: str, changed: dict[str, object], field: str) -> None:
    good = {"email": "refused@example.com", "password": PASSWORD, "name": "Ann"}
    assert_problem(post_json(url, "/api/auth/register", {**good, **changed}), 400, "invalid_input", field)


def test_signing_in_gives_a_jwt_and_a_refresh_token(other: Person) -> None:
    assert other.signed_in.status == 200
    assert set(other.tokens) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert other.tokens["token_type"] == "bearer"
    assert other.tokens["expires_in"] > 0
    assert other.tokens["access_token"].count(".") == 2
    assert other.tokens["access_token"].startswith("eyJ")
    assert not other.tokens["refresh_token"].startswith("eyJ")


def test_a_wrong_password_and_an_unknown_email_are_refused_in_the_same_words(url: str, other: Person) -> None:
    wrong = log_in(other, "incorrect")
    unknown = post_json(url, "/api/auth/login", {"email": f"no-{other.email}", "password": PASSWORD})
    for answer in (wrong, unknown):
        assert_problem(answer, 401, "wrong_credentials")
    assert wrong.json["detail"] == unknown.json["detail"]


def test_an_account_changes_by_version_and_another_email_needs_the_password(new_person: NewPerson) -> None:
    ann = new_person()
    changed = ann.ask("PATCH", ME, {"name": "Anna"}, **{"If-Match": '"1"'})
    assert (changed.status, changed.json["name"], changed.headers["etag"]) == (200, "Anna", '"2"')
    assert_problem(ann.ask("PATCH", ME, {"name": "Late"}, **{"If-Match": '"1"'}), 412, "precondition_failed")
    assert_problem(ann.ask("PATCH", ME, {"email": f"new-{ann.email}"}), 403, "wrong_password")
    me = ann.ask("GET", ME)
    assert (me.json, me.headers["etag"]) == (changed.json, '"2"')
    assert ann.ask("GET", f"/api/users/{ann.user['user_id']}").json == changed.json


def test_a_session_goes_on_and_ends_with_the_logout(new_person: NewPerson) -> None:
    ann = new_person()
    first = ann.tokens["refresh_token"]
    refreshed = refresh(ann, first)
    second = refreshed.json["refresh_token"]
    assert (refreshed.status, set(refreshed.json)) == (200, set(ann.tokens))
    assert second != first
    lost = refresh(ann, first)
    assert (lost.status, lost.json["refresh_token"]) == (200, second)
    out = post_json(ann.url, "/api/auth/logout", {"refresh_token": second})
    assert (out.status, out.body) == (204, b"")
    for token in (first, second):
        assert_problem(refresh(ann, token), 401, "invalid_session")


def test_a_new_password_ends_every_token_of_before(new_person: NewPerson) -> None:
    ann = new_person()
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert_problem(ann.ask("POST", "/api/auth/password", {**body, "current_password": "x"}), 403, "wrong_password")
    changed = ann.ask("POST", "/api/auth/password", body)
    assert (changed.status, changed.body) == (204, b"")
    assert_problem(ann.ask("GET", ME), 401, "unauthenticated")
    assert_problem(refresh(ann, ann.tokens["refresh_token"]), 401, "invalid_session")
    assert_problem(log_in(ann), 401, "wrong_credentials")
    ann.tokens = log_in(ann, NEW_PASSWORD).json
    assert ann.ask("GET", ME).json["user_id"] == ann.user["user_id"]


def test_a_reset_token_that_nobody_gave_is_refused(url: str, other: Person) -> None:
    for token in (f"{other.user['user_id']}.0.4102444800.made-up", "made-up"):
        body = {"token": token, "new_password": NEW_PASSWORD}
        assert_problem(post_json(url, "/api/auth/reset", body), 401, "invalid_session")
    assert log_in(other).status == 200


def test_a_deleted_account_is_gone_with_its_tokens(new_person: NewPerson) -> None:
    ann = new_person()
    gone = ann.ask("DELETE", ME)
    assert (gone.status, gone.body) == (204, b"")
    assert_problem(ann.ask("GET", ME), 401, "unauthenticated")
    assert_problem(log_in(ann), 401, "wrong_credentials")


def test_an_account_that_owns_a_business_stays(owner: Owner) -> None:
    assert_problem(owner.ask("DELETE", ME), 409, "owns_business")
    assert owner.ask("GET", ME).status == 200


def test_other_accounts_are_not_found_and_the_list_is_for_admins(owner: Owner, other: Person) -> None:
    assert_problem(other.ask("GET", f"/api/users/{owner.user['user_id']}"), 404, "not_found")
    assert_problem(other.ask("GET", "/api/users"), 403, "admins_only")


def encoded(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def forged(owner: Owner, other: Person) -> dict[str, str]:
    """Return access tokens that nobody may take, by what is wrong with them."""
    head, claims, signature = owner.tokens["access_token"].split(".")
    others = other.tokens["access_token"].split(".")[1]
    return {
        "cut off": owner.tokens["access_token"][:-10],
        "claims of another": f"{head}.{others}.{signature}",
        "no signature": f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{claims}.",
        "no token": "wrong",
        "a refresh token": owner.tokens["refresh_token"],
    }


def test_a_forged_token_is_refused_also_where_none_is_needed(url: str, owner: Owner, other: Person) -> None:
    for wrong, token in forged(owner, other).items():
        for path in (ME, f"/api/businesses/{owner.business_id}"):
            answer = send(url, "GET", path, headers={"Authorization": f"Bearer {token}"})
            assert answer.status == 401, f"{wrong}: {path}"
            assert_problem(answer, 401, "unauthenticated")


SIGNED_IN = [("GET", ME), ("PATCH", ME), ("DELETE", ME), ("GET", "/api/users"), ("POST", "/api/auth/password")]


@pytest.mark.parametrize(("method", "path"), SIGNED_IN)
def test_without_a_token_a_call_is_refused_before_anything_else(url: str, method: str, path: str) -> None:
    content = b"{}" if method in ("POST", "PATCH") else None
    headers = {"Content-Type": "application/json"} if content else {}
    assert_problem(send(url, method, path, content, headers), 401, "unauthenticated")
