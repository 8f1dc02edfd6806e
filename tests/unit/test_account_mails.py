"""Resets and confirmations by mail: nobody learns from them who has an account, and no reset works twice."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.domains.accounts import passwords
from shopkeeper.domains.accounts.attempts import PER_EMAIL_AND_ADDRESS
from shopkeeper.domains.accounts.letters import RESET_SECONDS, AccountMails
from shopkeeper.domains.accounts.model import (
    InvalidSession,
    NewAccount,
    PasswordChange,
    TooManyAttempts,
    UserChange,
    WrongCredentials,
)
from shopkeeper.domains.accounts.passwords import Passwords
from shopkeeper.domains.accounts.service import RESET_SECONDS as OPERATORS_SECONDS
from shopkeeper.domains.accounts.service import Accounts
from shopkeeper.domains.mail.model import LIMITS, NotDelivered
from shopkeeper.http import Caller, Unauthenticated
from shopkeeper.identity.tokens import AccessTokens
from shopkeeper.storage import Changes, Store, StoreUnavailable
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import MAILS, TABLES, USERS
from tests.support.application import Shop
from tests.support.application import whole as body_of
from tests.support.mails import KEYRING, PostOffice
from tests.support.smtp import part
from tests.support.wrapping import WrappedStore

ANN, PASSWORD, NEW = "ann@example.com", "correct horse battery", "another password"
HERE, ELSEWHERE = "203.0.113.9", "198.51.100.7"
SITE = "https://shop.example"


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MEMORY_KIB", 8)
    monkeypatch.setattr(passwords, "PASSES", 1)


class Desk:
    """Accounts with a post office, which share their clock."""

    def __init__(self, store: Store, site_url: str = SITE) -> None:
        self.office = PostOffice(store)
        clock = self.office.clock
        self.office.compose = AccountMails(store, KEYRING, clock, site_url).compose
        self.tokens = AccessTokens(KEYRING, "dev", 30, clock)
        self.accounts = Accounts(store, KEYRING, self.tokens, Passwords(), clock, self.office.outbox)
        self.user = self.accounts.register(NewAccount(email="Ann@example.com", password=PASSWORD, name="Ann <b>"))

    def caller(self, password: str = PASSWORD) -> Caller:
        return self.tokens.authenticate(self.accounts.sign_in(ANN, password, HERE).access_token)

    def token(self, page: str = "reset", address: str = ANN) -> str:
        """Send what is due and return the token of the newest mail to an address."""
        self.office.run()
        texts = [part(one, "plain") for one in self.office.messages if one["To"] == address]
        tokens = [found[1] for text in texts if (found := re.search(rf"{SITE}/{page}#token=(\S+)", text))]
        return tokens[-1]

    def reset(self) -> str:
        self.accounts.request_reset(ANN)
        return self.token()


@pytest.fixture
def desk(shop_store: Store) -> Desk:
    return Desk(shop_store)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Desk]:
    """The same on SQLite."""
    store = SQLiteStore(tmp_path / "shop.db", TABLES)
    yield Desk(store)
    store.close()


# Resets


def test_a_reset_by_mail_sets_a_password_ends_all_sessions_and_works_once(desk: Desk) -> None:
    session = desk.accounts.sign_in(ANN, PASSWORD, HERE)
    caller = desk.caller()
    token = desk.reset()
    desk.accounts.reset_password(token, NEW, HERE)
    with pytest.raises(InvalidSession):
        desk.accounts.refresh(session.refresh_token)
    with pytest.raises(Unauthenticated):
        desk.accounts.me(caller)
    with pytest.raises(WrongCredentials):
        desk.accounts.sign_in(ANN, PASSWORD, HERE)
    desk.accounts.sign_in(ANN, NEW, HERE)
    with pytest.raises(InvalidSession):
        desk.accounts.reset_password(token, "a third password", HERE)


def test_the_store_holds_no_token(desk: Desk) -> None:
    token = desk.reset()
    stored = f"{desk.office.store.scan(USERS, limit=10).items} {desk.office.store.scan(MAILS, limit=100).items}"
    assert token not in stored
    assert token.rpartition(".")[2] not in stored


def test_every_bad_token_gets_the_same_error(plain: Desk) -> None:
    used = plain.reset()
    plain.accounts.reset_password(used, NEW, HERE)
    older, newest = plain.reset(), plain.reset()
    late = newest
    confirmation = plain.token("confirm")
    told = set()
    for token in (used, older, newest[:-1], f"{newest}x", "", "a.b.c.d", confirmation):
        with pytest.raises(InvalidSession) as raised:
            plain.accounts.reset_password(token, NEW, HERE)
        told.add((str(raised.value), raised.value.code))
    plain.office.wait(RESET_SECONDS)
    with pytest.raises(InvalidSession) as raised:
        plain.accounts.reset_password(late, NEW, HERE)
    assert {*told, (str(raised.value), raised.value.code)} == told
    assert len(told) == 1


def test_a_token_is_good_until_half_an_hour_has_passed(plain: Desk) -> None:
    token = plain.reset()
    plain.office.wait(RESET_SECONDS - 1)
    plain.accounts.reset_password(token, NEW, HERE)
    assert RESET_SECONDS < OPERATORS_SECONDS


@pytest.mark.parametrize("change", ["password", "deletion", "email"])
def test_what_changes_the_account_ends_its_tokens(plain: Desk, change: str) -> None:
    token, caller = plain.reset(), plain.caller()
    if change == "password":
        plain.accounts.change_password(caller, PasswordChange(current_password=PASSWORD, new_password=NEW), HERE)
    elif change == "deletion":
        plain.accounts.delete(caller)
    else:
        plain.accounts.change(caller, UserChange(email="new@example.com", current_password=PASSWORD), HERE, None)
    with pytest.raises(InvalidSession):
        plain.accounts.reset_password(token, NEW, HERE)


def test_the_operators_token_and_that_of_a_mail_end_each_other(plain: Desk) -> None:
    mailed = plain.reset()
    printed = plain.accounts.reset_token(ANN)
    with pytest.raises(InvalidSession):
        plain.accounts.reset_password(mailed, NEW, HERE)
    plain.accounts.reset_password(printed, NEW, HERE)


def test_a_mail_that_is_sent_again_has_the_same_token(plain: Desk) -> None:
    plain.office.run()
    plain.accounts.request_reset(ANN)
    hashes = []

    def lose_the_answer() -> None:
        hashes.append((plain.office.store.get(USERS, {"user_id": plain.user.user_id}) or {})["reset_hash"])
        if len(hashes) == 1:
            raise NotDelivered("the answer was lost")

    plain.office.fault = lose_the_answer
    assert plain.office.run() == {"MailsDelayed": 1}
    plain.office.wait(5)
    assert plain.office.run() == {"MailsSent": 1}
    assert hashes[0] == hashes[1]
    plain.accounts.reset_password(plain.token(), NEW, HERE)


def test_a_request_disturbs_no_change_by_the_owner(plain: Desk) -> None:
    caller = plain.caller()
    version = plain.accounts.me(caller).version
    plain.reset()
    assert plain.accounts.change(caller, UserChange(name="Anna"), HERE, version).version == version + 1


def test_a_reset_opens_the_way_for_who_was_locked_out(desk: Desk) -> None:
    for _ in range(PER_EMAIL_AND_ADDRESS):
        with pytest.raises(WrongCredentials):
            desk.accounts.sign_in(ANN, "wrong", HERE)
    with pytest.raises(TooManyAttempts):
        desk.accounts.sign_in(ANN, PASSWORD, HERE)
    desk.accounts.reset_password(desk.reset(), NEW, HERE)
    desk.accounts.sign_in(ANN, NEW, HERE)


def test_a_reset_under_attack_makes_its_address_known(plain: Desk) -> None:
    for number in range(110):
        with pytest.raises((WrongCredentials, TooManyAttempts)):
            plain.accounts.sign_in(ANN, "wrong", f"198.51.{number}.7")
    plain.accounts.reset_password(plain.reset(), NEW, HERE)
    for _ in range(3):
        with pytest.raises(WrongCredentials):
            plain.accounts.sign_in(ANN, "wrong", HERE)


def test_without_a_site_the_mail_has_the_token_alone(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "shop.db", TABLES)
    desk = Desk(store, site_url="")
    desk.accounts.request_reset(ANN)
    desk.office.run()
    text = part(desk.office.messages[-1], "plain")
    token = re.search(r"enter this token within 30 minutes: (\S+)", text)
    assert token is not None
    assert "http" not in text
    desk.accounts.reset_password(token[1], NEW, HERE)
    store.close()


def test_a_mail_of_an_account_holds_nothing_that_its_maker_wrote(plain: Desk) -> None:
    plain.reset()
    for message in plain.office.messages:
        assert "Ann" not in f"{part(message, 'plain')}{part(message, 'html')}{message['Subject']}"


# Enumeration


class Counting(WrappedStore):
    """A store that notes its operations, without the values."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.noted: list[object] = []

    def get(self, *arguments: Any, **options: Any) -> Any:
        self.noted.append(("get", arguments[0].name))
        return super().get(*arguments, **options)

    def transact(self, actions: Any) -> list[int]:
        self.noted.append([(type(one).__name__, one.table.name) for one in actions])
        return super().transact(actions)


def test_a_request_does_and_says_the_same_for_every_address(shop_store: Store) -> None:
    counting = Counting(shop_store)
    shop = Shop(counting, MAIL_FROM="shop@example.com")
    shop.add_account("ann")
    seen = set()
    for email in ("ann@example.com", "nobody@example.com", "ANN@example.com", "nobody@elsewhere.example"):
        counting.noted = []
        answer = shop.ask("POST", "/api/auth/reset/request", {"email": email})
        seen.add((answer.status, bytes(body_of(answer)), repr(counting.noted)))
    assert len(seen) == 1
    (only,) = seen
    assert only[:2] == (202, b'{"status":"requested"}')


def test_too_many_requests_for_an_address_look_the_same_and_send_no_more(plain: Desk) -> None:
    plain.office.run()
    before = len(plain.office.sent)
    hour, _ = LIMITS["reset"]
    for _ in range(hour.mails + 5):
        plain.accounts.request_reset(ANN)
    plain.office.run()
    assert len(plain.office.sent) - before == hour.mails


def test_an_address_without_an_account_gets_no_mail(plain: Desk) -> None:
    plain.office.run()
    plain.office.sent = []
    plain.accounts.request_reset("nobody@example.com")
    assert plain.office.run() == {}
    assert plain.office.sent == []


# Confirmations


def test_a_new_account_is_asked_to_confirm_its_address(desk: Desk) -> None:
    assert desk.user.email_confirmed_at is None
    token = desk.token("confirm")
    desk.accounts.confirm(token)
    confirmed = desk.accounts.me(desk.caller())
    assert confirmed.email_confirmed_at is not None
    assert confirmed.version == 2
    desk.accounts.confirm(token)
    assert desk.accounts.me(desk.caller()) == confirmed


def test_another_address_is_not_confirmed_by_the_confirmation_of_the_former(plain: Desk) -> None:
    former = plain.token("confirm")
    plain.accounts.confirm(former)
    change = UserChange(email="New@example.com", current_password=PASSWORD)
    changed = plain.accounts.change(plain.caller(), change, HERE, None)
    assert changed.email_confirmed_at is None
    with pytest.raises(InvalidSession):
        plain.accounts.confirm(former)
    plain.accounts.confirm(plain.token("confirm", "new@example.com"))


def test_who_has_confirmed_is_not_asked_again(plain: Desk) -> None:
    plain.accounts.confirm(plain.token("confirm"))
    plain.office.sent = []
    plain.accounts.request_confirmation(plain.caller())
    assert plain.office.run() == {}


def test_a_confirmation_is_good_for_three_days(plain: Desk) -> None:
    token = plain.token("confirm")
    plain.office.wait(3 * 86400)
    for bad in (token, f"{token}x", "", "a.b.c"):
        with pytest.raises(InvalidSession):
            plain.accounts.confirm(bad)


def test_an_account_from_before_has_a_null_there(plain: Desk) -> None:
    key = {"user_id": plain.user.user_id}
    plain.office.store.update(USERS, key, Changes(remove=["email_confirmed_at", "reset_hash", "reset_until"]))
    assert plain.accounts.me(plain.caller()).email_confirmed_at is None
    plain.accounts.reset_password(plain.reset(), NEW, HERE)


# Without mail, and without a store


def test_without_mail_nothing_is_written_and_a_request_says_so(shop_store: Store) -> None:
    shop = Shop(shop_store)
    shop.add_account("ann")
    for path, body, by in (
        ("/api/auth/reset/request", {"email": ANN}, ""),
        ("/api/auth/confirm/request", None, "ann"),
    ):
        answer = shop.ask("POST", path, body, by=by)
        assert answer.status == 501
        assert msgspec.json.decode(body_of(answer))["code"] == "mail_not_configured"
    assert shop_store.scan(MAILS, limit=10).items == []


class NoTransactions(WrappedStore):
    """A store whose transactions fail while `away` says so."""

    away = False

    def transact(self, actions: Any) -> list[int]:
        if self.away and any(action.table is MAILS for action in actions):
            raise StoreUnavailable("away")
        return super().transact(actions)


def test_an_outage_is_told_where_a_mail_was_asked_for_and_costs_no_account(tmp_path: Path) -> None:
    store = NoTransactions(SQLiteStore(tmp_path / "shop.db", TABLES))
    store.away = True
    desk = Desk(store)
    assert desk.accounts.me(desk.caller()).email == ANN
    with pytest.raises(StoreUnavailable):
        desk.accounts.request_reset(ANN)
    store.close()


@pytest.mark.parametrize("body", [{}, {"email": "ann"}, {"email": 7}, {"email": ANN, "name": "x"}, []])
def test_a_request_needs_an_address(tmp_path: Path, body: object) -> None:
    store = SQLiteStore(tmp_path / "shop.db", TABLES)
    shop = Shop(store, MAIL_FROM="shop@example.com")
    assert shop.ask("POST", "/api/auth/reset/request", body).status == 400
    assert store.scan(MAILS, limit=10).items == []
    store.close()
