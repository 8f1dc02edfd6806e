"""A message is handed to an SMTP server over a checked connection, in bounded time, whatever the server does."""

import ssl
from collections.abc import Iterator

import pytest
import trustme

from shopkeeper.errors import ConfigurationError
from shopkeeper.net.smtp import Deferred, Refused, Unreachable, submit
from shopkeeper.net.smtp_url import SmtpServer as Place
from shopkeeper.net.smtp_url import parse_smtp_url
from shopkeeper.secret import Secret
from shopkeeper.settings import read
from shopkeeper.storage.tables import TABLES
from tests.support.processes import free_port
from tests.support.smtp import SmtpServer, smtp_server

SENDER, BOB = "shop@example.com", "bob@example.com"
MESSAGE = b"Subject: Hello\r\n\r\n.a line that begins with a dot\r\n"


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with smtp_server() as running:
        yield running


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def certificate(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def trust(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def at(server: SmtpServer, **more: object) -> Place:
    return Place("127.0.0.1", server.port, is_encrypted=False, **more)  # type: ignore[arg-type]


def hand_over(place: Place, context: ssl.SSLContext | None = None, seconds: float = 20) -> None:
    submit(place, SENDER, BOB, MESSAGE, context=context, step_seconds=20, whole_seconds=seconds)


# What is taken


def test_a_message_is_taken_as_it_is(server: SmtpServer) -> None:
    hand_over(at(server))
    assert server.taken == [(BOB, MESSAGE)]
    assert server.commands[0] == "ehlo example.com"


def test_it_is_taken_even_if_the_server_hangs_up_instead_of_saying_goodbye(server: SmtpServer) -> None:
    server.answers["QUIT"] = None
    hand_over(at(server))
    assert len(server.taken) == 1


def test_a_server_without_ehlo_takes_it_too(server: SmtpServer) -> None:
    server.answers["EHLO"] = b"502 not known"
    hand_over(at(server))
    assert len(server.taken) == 1


def test_a_user_signs_in_first(server: SmtpServer) -> None:
    server.answers["EHLO"] = b"250-test\r\n250 AUTH PLAIN"
    hand_over(at(server, user="ann", password=Secret("p@ss word")))
    assert [command.split(" ")[0].upper() for command in server.commands[:3]] == ["EHLO", "AUTH", "MAIL"]


# What is not taken


@pytest.mark.parametrize(
    ("word", "answer", "error", "told"),
    [
        ("RCPT", b"550 5.1.1 <bob@example.com> is not known", Refused, "SMTP 550 5.1.1"),
        ("RCPT", b"550 <bob@example.com> is not known", Refused, "SMTP 550"),
        ("RCPT", b"450 4.2.1 bob@example.com is busy", Deferred, "SMTP 450 4.2.1"),
        ("RCPT", b"421 4.7.0 too much of bob@example.com", Deferred, "SMTP 421 4.7.0"),
        ("DATA", b"554 5.7.1 no", Refused, "SMTP 554 5.7.1"),
        ("DATA.", b"552 5.3.4 too large", Refused, "SMTP 552 5.3.4"),
        ("DATA.", b"451 4.3.0 later", Deferred, "SMTP 451 4.3.0"),
        ("MAIL", b"550 5.7.1 not from here", Unreachable, "SMTP 550 5.7.1"),
        ("MAIL", b"421 4.3.2 going down", Unreachable, "SMTP 421 4.3.2"),
        ("HELLO", b"554 go away", Unreachable, "SMTP 554"),
        ("HELLO", None, Unreachable, "SMTPServerDisconnected"),
        ("DATA.", None, Unreachable, "SMTPServerDisconnected"),
        ("RCPT", b"this is no SMTP", Unreachable, ""),
    ],
)
def test_what_the_server_says_decides_whether_it_is_tried_again_and_no_address_is_told(
    server: SmtpServer, word: str, answer: bytes | None, error: type[Exception], told: str
) -> None:
    server.answers[word] = answer
    with pytest.raises(error) as raised:
        hand_over(at(server))
    assert str(raised.value).startswith(told)
    assert "bob" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_user_who_is_not_let_in_is_an_outage_for_all(server: SmtpServer) -> None:
    server.answers |= {"EHLO": b"250-test\r\n250 AUTH PLAIN", "AUTH": b"535 5.7.8 wrong password hunter2"}
    with pytest.raises(Unreachable, match=r"^SMTP 535 5\.7\.8$"):
        hand_over(at(server, user="ann", password=Secret("hunter2")))


def test_a_server_that_drops_the_connection_amid_the_message_has_not_taken_it(server: SmtpServer) -> None:
    server.hangs_up_in_data = True
    with pytest.raises(Unreachable):
        hand_over(at(server))
    assert server.taken == []


def test_a_server_that_answers_a_byte_at_a_time_is_cut_off(server: SmtpServer) -> None:
    server.drips = True
    with pytest.raises(Unreachable):
        hand_over(at(server), seconds=0.3)


def test_where_nobody_listens_it_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="ConnectionRefusedError"):
        hand_over(Place("127.0.0.1", free_port(), is_encrypted=False))


@pytest.mark.parametrize("recipient", ["bob@example.com\r\nRCPT TO:<eve@example.com>", "bob\nDATA"])
def test_a_line_break_in_an_address_adds_no_command(server: SmtpServer, recipient: str) -> None:
    with pytest.raises(Refused):
        submit(at(server), SENDER, recipient, MESSAGE)
    assert server.commands == []


# TLS


class Elsewhere(Place, frozen=True):
    """A server on loopback that is taken for one elsewhere."""

    @property
    def needs_starttls(self) -> bool:
        return not self.is_encrypted


def test_a_server_elsewhere_must_offer_starttls(server: SmtpServer) -> None:
    with pytest.raises(Unreachable, match="SMTPNotSupportedError"):
        hand_over(Elsewhere("127.0.0.1", server.port, is_encrypted=False, user="ann", password=Secret("x")))
    assert [command.split(" ")[0] for command in server.commands] == ["ehlo"]


@pytest.mark.parametrize("is_implicit", [False, True])
def test_a_message_travels_encrypted(authority: trustme.CA, is_implicit: bool) -> None:
    with smtp_server(context=certificate(authority, "127.0.0.1"), is_implicit=is_implicit) as server:
        hand_over(Elsewhere("127.0.0.1", server.port, is_encrypted=is_implicit), trust(authority))
        assert (server.taken, server.was_encrypted) == ([(BOB, MESSAGE)], [True])


@pytest.mark.parametrize("is_implicit", [False, True])
@pytest.mark.parametrize("wrong", ["name", "authority"])
def test_a_wrong_certificate_ends_it(authority: trustme.CA, is_implicit: bool, wrong: str) -> None:
    name = "elsewhere.example" if wrong == "name" else "127.0.0.1"
    trusted = trust(authority if wrong == "name" else trustme.CA())
    with smtp_server(context=certificate(authority, name), is_implicit=is_implicit) as server:
        with pytest.raises(Unreachable, match="SSLCertVerificationError"):
            hand_over(Elsewhere("127.0.0.1", server.port, is_encrypted=is_implicit), trusted)
        assert server.taken == []


# SMTP_URL


@pytest.mark.parametrize(
    ("url", "host", "port", "is_encrypted", "user", "password", "needs_starttls"),
    [
        ("smtp://mail.example", "mail.example", 587, False, "", "", True),
        ("smtps://mail.example", "mail.example", 465, True, "", "", False),
        ("smtp://mail.example:2525/", "mail.example", 2525, False, "", "", True),
        ("smtp://localhost:1025", "localhost", 1025, False, "", "", False),
        ("smtp://127.0.0.1:25", "127.0.0.1", 25, False, "", "", False),
        ("smtp://[::1]:25", "::1", 25, False, "", "", False),
        (
            "smtps://ann%40shop.example:p%3A%2F%25@mail.example",
            "mail.example",
            465,
            True,
            "ann@shop.example",
            "p:/%",
            False,
        ),
        ("SMTPS://a:b@MAIL.example", "mail.example", 465, True, "a", "b", False),
    ],
)
def test_an_smtp_url_has_these_parts(
    url: str, host: str, port: int, is_encrypted: bool, user: str, password: str, needs_starttls: bool
) -> None:
    place = parse_smtp_url(url)
    assert (place.host, place.port, place.is_encrypted) == (host, port, is_encrypted)
    assert (place.user, place.password.value, place.needs_starttls) == (user, password, needs_starttls)
    assert "p:/%" not in repr(place)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "mail.example",
            "http://mail.example",
            "smtp:",
            "smtp://",
            "smtp://:25",
            "smtp:mail.example",
            "//mail.example",
        ),
        *("smtp://mail.example:0", "smtp://mail.example:99999", "smtp://mail.example:x", "smtp://mail.example/inbox"),
        *("smtp://mail.example?tls=off", "smtp://mail.example#x", "smtp://ann@mail.example", "smtp://:pw@mail.example"),
        *("smtp://ann:@mail.example", "smtp://a:%ff@mail.example", "smtp://a:b%0ac@mail.example"),
        *("smtp://mail example", "smtp://mail.example\t", "smtp://mäil.example", "smtp://[::1"),
    ],
)
def test_a_bad_smtp_url_stops_the_start_with_a_sentence_that_does_not_repeat_it(url: str) -> None:
    environment = {"SMTP_URL": f"{url}x" if url.endswith("\t") else url, "MAIL_FROM": SENDER}
    with pytest.raises(ConfigurationError, match=r"^SMTP_URL must .*\.$") as raised:
        read(environment, TABLES)
    assert environment["SMTP_URL"] not in str(raised.value).replace("smtps://USER", "").replace("smtp://HOST", "")


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"SMTP_URL": "smtp://localhost"}, "SMTP_URL needs MAIL_FROM, the address that mails come from."),
        (
            {"MAIL_FROM": SENDER, "STORE_URL": "sqlite:///shop.db"},
            "MAIL_FROM needs SMTP_URL, the server that sends mails; SES comes with DynamoDB.",
        ),
        ({"MAIL_FROM": "shop"}, "MAIL_FROM must be an email address such as shop@example.com, not 'shop'."),
        ({"MAIL_FROM": "Shop <shop@example.com>"}, "MAIL_FROM must be an email address such as shop@example.com, not"),
        ({"MAIL_FROM": "a@b.example\r\nBcc: c@d.example"}, "MAIL_FROM must be an email address"),
        ({"SITE_URL": "http://shop.example"}, "SITE_URL must be a URL such as https://shop.example"),
        ({"SITE_URL": "https://shop.example/"}, "SITE_URL must be a URL such as https://shop.example"),
        ({"SITE_URL": 'https://shop.example/"onclick='}, "SITE_URL must be a URL such as https://shop.example"),
    ],
)
def test_settings_of_mails_that_do_not_fit_stop_the_start(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(environment, TABLES)
    assert str(raised.value).startswith(sentence)


def test_a_setting_of_mails_shows_no_password() -> None:
    settings = read({"SMTP_URL": "smtps://ann:hunter2@mail.example", "MAIL_FROM": SENDER}, TABLES)
    assert "hunter2" not in repr(settings.values)
    assert settings.smtp_server is not None
    assert settings.smtp_server.password.value == "hunter2"
