"""Accounts over HTTP, on SQLite and on DynamoDB: what goes in, what comes out, what is refused."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.identifiers import is_uuid
from tests.support.http import post_json, send
from tests.support.processes import Shopkeeper, run_cli, shopkeeper
from tests.support.shop import PASSWORD, Person


@pytest.fixture(params=["server", "dynamodb_server"])
def site(request: pytest.FixtureRequest) -> Shopkeeper:
    running: Shopkeeper = request.getfixturevalue(request.param)
    return running


def test_registering_and_signing_in(site: Shopkeeper) -> None:
    ann = Person(site.url)
    assert ann.registered.status == 201
    assert set(ann.user) == {
        *("user_id", "email", "email_confirmed_at", "name", "role", "created_at", "updated_at", "version"),
    }
    assert is_uuid(ann.user["user_id"])
    assert ann.registered.headers["location"] == f"/api/users/{ann.user['user_id']}"
    assert ann.registered.headers["etag"] == '"1"'
    assert ann.signed_in.status == 200
    assert set(ann.tokens) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (ann.tokens["token_type"], ann.tokens["expires_in"]) == ("bearer", 1800)
    again = post_json(site.url, "/api/auth/register", {"email": ann.email.upper(), "password": PASSWORD, "name": "B"})
    assert (again.status, again.json["code"]) == (409, "already_registered")


REFUSED_BODIES: list[tuple[str, dict[str, Any], str]] = [
    ("a short password", {"password": "12345678901"}, "password"),
    ("a long password", {"password": "x" * 129}, "password"),
    ("no email", {"email": "ann"}, "email"),
    ("no name", {"name": " "}, "name"),
    ("a role", {"role": "admin"}, "role"),
]


@pytest.mark.parametrize(("name", "other", "field"), REFUSED_BODIES, ids=[case[0] for case in REFUSED_BODIES])
def test_a_registration_that_is_refused(server: Shopkeeper, name: str, other: dict[str, Any], field: str) -> None:
    good = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD, "name": "Ann"}
    answer = post_json(server.url, "/api/auth/register", {**good, **other})
    assert answer.status == 400
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert post_json(server.url, "/api/auth/register", good).status == 201


def test_a_wrong_password_is_a_401_that_says_no_more(site: Shopkeeper) -> None:
    ann = Person(site.url)
    answers = [
        post_json(site.url, "/api/auth/login", {"email": ann.email, "password": "wrong"}),
        post_json(site.url, "/api/auth/login", {"email": "nobody@example.com", "password": "wrong"}),
    ]
    for answer in answers:
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json["code"] == "wrong_credentials"
    assert answers[0].json["detail"] == answers[1].json["detail"]


def test_too_many_attempts_are_a_429(site: Shopkeeper) -> None:
    wrong = {"email": f"{uuid.uuid4().hex}@example.com", "password": "wrong"}
    answers = [post_json(site.url, "/api/auth/login", wrong) for _ in range(11)]
    assert [answer.status for answer in answers] == [401] * 10 + [429]
    assert answers[-1].json["code"] == "too_many_attempts"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 960


def test_a_session_goes_on_and_ends(site: Shopkeeper) -> None:
    ann = Person(site.url)
    first = ann.tokens["refresh_token"]
    second = post_json(site.url, "/api/auth/refresh", {"refresh_token": first}).json["refresh_token"]
    lost = post_json(site.url, "/api/auth/refresh", {"refresh_token": first})
    assert lost.status == 200
    assert lost.json["refresh_token"] == second
    assert post_json(site.url, "/api/auth/logout", {"refresh_token": second}).status == 204
    for token in (first, second, "a.1.b", "x"):
        answer = post_json(site.url, "/api/auth/refresh", {"refresh_token": token})
        assert (answer.status, answer.json["code"]) == (401, "invalid_session")


def test_a_stolen_token_ends_the_session(site: Shopkeeper) -> None:
    ann = Person(site.url)
    tokens = [ann.tokens["refresh_token"]]
    for _ in range(2):
        tokens.append(post_json(site.url, "/api/auth/refresh", {"refresh_token": tokens[-1]}).json["refresh_token"])
    assert post_json(site.url, "/api/auth/refresh", {"refresh_token": tokens[0]}).status == 401
    assert post_json(site.url, "/api/auth/refresh", {"refresh_token": tokens[-1]}).status == 401


def test_oneself_with_a_version(site: Shopkeeper) -> None:
    ann = Person(site.url)
    me = ann.ask("GET", "/api/users/me")
    assert (me.status, me.json, me.headers["etag"]) == (200, ann.user, '"1"')
    changed = ann.ask("PATCH", "/api/users/me", {"name": "Anna"}, **{"If-Match": '"1"'})
    assert (changed.status, changed.json["name"], changed.headers["etag"]) == (200, "Anna", '"2"')
    stale = ann.ask("PATCH", "/api/users/me", {"name": "Ann"}, **{"If-Match": '"1"'})
    assert (stale.status, stale.json["code"]) == (412, "precondition_failed")
    assert ann.ask("PATCH", "/api/users/me", {"email": "x@example.com"}).json["code"] == "wrong_password"
    assert ann.ask("GET", "/api/users/me").json["name"] == "Anna"


def test_others_are_not_found_and_not_listed(site: Shopkeeper) -> None:
    ann, bob = Person(site.url), Person(site.url)
    assert ann.ask("GET", f"/api/users/{ann.user['user_id']}").status == 200
    assert ann.ask("GET", f"/api/users/{bob.user['user_id']}").status == 404
    assert ann.ask("GET", "/api/users").json["code"] == "admins_only"


def test_another_password_ends_everything(site: Shopkeeper) -> None:
    ann = Person(site.url)
    body = {"current_password": PASSWORD, "new_password": "another password"}
    assert ann.ask("POST", "/api/auth/password", {**body, "current_password": "x"}).json["code"] == "wrong_password"
    assert ann.ask("POST", "/api/auth/password", body).status == 204
    assert ann.ask("GET", "/api/users/me").status == 401
    assert post_json(site.url, "/api/auth/refresh", {"refresh_token": ann.tokens["refresh_token"]}).status == 401


def test_a_deleted_account_is_gone(site: Shopkeeper) -> None:
    ann = Person(site.url)
    answer = ann.ask("DELETE", "/api/users/me")
    assert (answer.status, answer.body) == (204, b"")
    assert ann.ask("GET", "/api/users/me").status == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "bearer", "Token x", "Bearer \xff"]
)
def test_a_token_that_is_none_is_a_401_that_says_how(server: Shopkeeper, header: str) -> None:
    for method, path in [("GET", "/api/users/me"), ("DELETE", "/api/users/me"), ("GET", "/api/users")]:
        answer = send(server.url, method, path, headers={"Authorization": header} if header else {})
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json["code"] == "unauthenticated"


def test_an_admin_lists_users_page_by_page_and_an_operator_resets(tmp_path: Path) -> None:
    data = tmp_path / "shop.db"
    with shopkeeper(data) as server:
        people = [Person(server.url) for _ in range(5)]
        ann = people[0]
        store = {"STORE_URL": f"sqlite:///{data}"}
        made = run_cli("admin", ann.user["user_id"], **store)
        assert made.stdout == f"{ann.email} is an admin now.\n"
        seen: list[str] = []
        path = "/api/users?limit=2"
        while path:
            page = ann.ask("GET", path)
            assert page.status == 200
            seen += [user["user_id"] for user in page.json["users"]]
            path = ""
            if page.json["next"]:
                path = f"/api/users?limit=2&cursor={page.json['next']}"
                assert page.headers["link"] == f'<{path}>; rel="next"'
        assert seen == sorted(person.user["user_id"] for person in people)
        for cursor in ("x", "AAAA", page_cursor("orders"), "e30"):
            assert ann.ask("GET", f"/api/users?cursor={cursor}").status == 400
        for limit in ("0", "101", "x"):
            assert ann.ask("GET", f"/api/users?limit={limit}").status == 400

        printed = run_cli("reset", ann.email, "--page", "https://shop.example/reset", **store).stdout.strip()
        page_url, _, token = printed.partition("#token=")
        assert page_url == "https://shop.example/reset"
        body = {"token": token, "new_password": "another password"}
        assert post_json(server.url, "/api/auth/reset", body).status == 204
        assert post_json(server.url, "/api/auth/reset", body).status == 401
        signed_in = post_json(server.url, "/api/auth/login", {"email": ann.email, "password": "another password"})
        assert signed_in.status == 200
    for command in (["admin", "nobody"], ["reset", "nobody@example.com"]):
        done = run_cli(*command, **store)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def page_cursor(scope: str) -> str:
    """Return a well-made cursor of another list."""
    from shopkeeper.http.cursor import encode_cursor

    return encode_cursor(scope, {"kind": "user", "user_id": "x"}) or ""


def test_no_password_and_no_token_reaches_the_log(server: Shopkeeper) -> None:
    ann = Person(server.url)
    ann.ask("GET", "/api/users/me")
    printed = "\n".join(server.lines)
    for secret in (PASSWORD, ann.tokens["access_token"], ann.tokens["refresh_token"], ann.email):
        assert secret not in printed
