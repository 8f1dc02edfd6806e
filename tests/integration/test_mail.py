"""One machine sends mails: an order over HTTP arrives in mailboxes, and a forgotten password is set anew."""

import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.support.http import post_json
from tests.support.processes import Shopkeeper, run_cli, shopkeeper
from tests.support.shop import PASSWORD, Owner, Person, order_for, place
from tests.support.smtp import SmtpServer, part, smtp_server
from tests.support.stores import aws_environment

SITE = "https://shop.example"
BOB = "bob@example.com"


def settings(smtp: SmtpServer, **more: str) -> dict[str, str]:
    return {
        "SMTP_URL": f"smtp://127.0.0.1:{smtp.port}",
        "MAIL_FROM": "shop@example.com",
        "SITE_URL": SITE,
        **more,
    }


@contextmanager
def serving(kind: str, folder: Path, environment: Mapping[str, str], endpoint: str) -> Iterator[Shopkeeper]:
    """Run Shopkeeper on a kind of store."""
    if kind == "sqlite":
        with shopkeeper(folder / "shop.db", environment) as server:
            yield server
        return
    variables = {"STORE_URL": "dynamodb:", **aws_environment(endpoint), **environment}
    run_cli("tables", **variables)
    with shopkeeper(None, variables) as server:
        yield server


@pytest.fixture(scope="module")
def smtp() -> Iterator[SmtpServer]:
    with smtp_server() as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite", "dynoxide"])
def server(
    request: pytest.FixtureRequest, smtp: SmtpServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shopkeeper]:
    """Shopkeeper that sends mails, on each store."""
    endpoint = "" if request.param == "sqlite" else str(request.getfixturevalue("dynoxide"))
    with serving(request.param, tmp_path_factory.mktemp("mail"), settings(smtp), endpoint) as running:
        yield running


def to(smtp: SmtpServer, address: str, number: int = 1) -> list[EmailMessage]:
    """Wait until an address got so many mails, and return them."""
    with smtp.arrived:
        assert smtp.arrived.wait_for(lambda: [one for one, _ in smtp.taken].count(address) >= number, 40), smtp.commands
    return [one for one in smtp.messages if one["To"] == address]


def link(message: EmailMessage, page: str) -> str:
    """Return the token of the link in a mail."""
    found = re.search(rf"{SITE}/{page}#token=(\S+)", part(message, "plain"))
    assert found is not None
    return found[1]


def confirmed(server: Shopkeeper, smtp: SmtpServer, person: Person) -> None:
    """Confirm a person's address by the link of the mail."""
    (mail,) = to(smtp, person.email)
    assert post_json(server.url, "/api/auth/confirm", {"token": link(mail, "confirm")}).status == 204


def ordered(owner: Owner, email: str, **more: Any) -> dict[str, Any]:
    customer = {"name": "Bob", "phone": "+14155550199", "email": email, "notify": True}
    answer = place(owner, order_for(owner.add(name="Espresso <b>"), quantity=3, customer=customer, **more))
    assert answer.status == 201, answer
    content: dict[str, Any] = answer.json
    return content


def test_an_order_arrives_at_its_owner_and_its_customer(server: Shopkeeper, smtp: SmtpServer) -> None:
    owner = Owner(server.url)
    confirmed(server, smtp, owner)
    customer = f"bob-{owner.email}"
    order = ordered(owner, customer, note="no sugar")
    assert order["customer"]["notify"] is True
    owners = to(smtp, owner.email, 2)  # the other one asked to confirm the address
    mail = next(one for one in owners if "7.50 EUR" in str(one["Subject"]))
    text, html = part(mail, "plain"), part(mail, "html")
    for words in ("Café Zoë has a new order #1", "3 x Espresso <b>: 7.50 EUR", "Customer: Bob", "Note: no sugar"):
        assert words in text
    assert "3 x Espresso &lt;b&gt;: 7.50 EUR" in html
    (received,) = to(smtp, customer)
    assert "Café Zoë" in str(received["Subject"])
    assert owner.ask("POST", f"/api/orders/{order['order_id']}/accept").status == 200
    assert "Café Zoë accepted your" in str(to(smtp, customer, 2)[1]["Subject"])
    for step in ("prepare", "ready"):
        assert owner.ask("POST", f"/api/orders/{order['order_id']}/{step}").status == 200
    assert str(to(smtp, customer, 3)[2]["Subject"]).endswith("is ready")


def test_a_forgotten_password_is_set_anew(server: Shopkeeper, smtp: SmtpServer) -> None:
    ann = Person(server.url)
    for email in (ann.email, f"nobody-{ann.email}"):
        answer = post_json(server.url, "/api/auth/reset/request", {"email": email})
        assert (answer.status, answer.json) == (202, {"status": "requested"})
    mails = to(smtp, ann.email, 2)
    reset = next(one for one in mails if one["Subject"] == "Choose a new password")
    body = {"token": link(reset, "reset"), "new_password": "another password"}
    assert post_json(server.url, "/api/auth/reset", body).status == 204
    again = post_json(server.url, "/api/auth/reset", body)
    assert (again.status, again.json["code"]) == (401, "invalid_session")
    assert post_json(server.url, "/api/auth/login", {"email": ann.email, "password": PASSWORD}).status == 401
    assert post_json(server.url, "/api/auth/login", {"email": ann.email, "password": "another password"}).status == 200
    assert not [one for one, _ in smtp.taken if one.startswith("nobody-")]
    assert not [line for line in server.lines if ann.email in line or body["token"] in line]


def test_an_address_is_confirmed(server: Shopkeeper, smtp: SmtpServer) -> None:
    ann = Person(server.url)
    assert ann.ask("GET", "/api/users/me").json["email_confirmed_at"] is None
    confirmed(server, smtp, ann)
    assert ann.ask("GET", "/api/users/me").json["email_confirmed_at"] is not None
    assert ann.ask("POST", "/api/auth/confirm/request").status == 202


def test_a_mail_that_is_not_taken_is_sent_later_even_by_the_next_process(tmp_path: Path) -> None:
    with smtp_server() as smtp:
        smtp.answers["RCPT"] = b"450 4.2.1 later"
        with shopkeeper(tmp_path / "shop.db", settings(smtp)) as server:
            ann = Person(server.url)
            told = server.line_with("MailsDelayed: the mail")
            assert "SMTP 450 4.2.1" in told
            assert ann.email not in told
            server.line_with('"MailsDelayed":1')
            server.stop(signal.SIGKILL)
        assert smtp.taken == []
        smtp.answers.clear()
        with shopkeeper(tmp_path / "shop.db", settings(smtp)):
            to(smtp, ann.email)


def test_a_password_of_the_mail_server_is_printed_nowhere(tmp_path: Path) -> None:
    environment = {"MAIL_FROM": "shop@example.com", "SMTP_URL": "smtp://ann:hunter2@127.0.0.1:1"}
    with shopkeeper(tmp_path / "shop.db", environment) as server:
        Person(server.url)
        server.line_with("MailsDelayed: the mail")
    assert not [line for line in server.lines if "hunter2" in line]
    refused = run_cli("serve", "--data", str(tmp_path / "b.db"), **{**environment, "SMTP_URL": "smtp://ann:hunter2@"})
    assert refused.returncode == 2
    assert "SMTP_URL must be of the form" in refused.stderr
    assert "hunter2" not in refused.stderr + refused.stdout
