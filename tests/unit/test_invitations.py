"""Who may make an account: anybody, those who are invited, or nobody."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.domains.accounts import passwords
from shopkeeper.domains.accounts.invitations import GOOD_SECONDS
from shopkeeper.domains.accounts.letters import AccountMails
from shopkeeper.domains.accounts.model import (
    AlreadyRegistered,
    InvalidInvitation,
    InvitationRequired,
    NewAccount,
    Registration,
    RegistrationClosed,
    User,
)
from shopkeeper.domains.accounts.passwords import Passwords
from shopkeeper.domains.accounts.persons import sessions_of
from shopkeeper.domains.accounts.service import Accounts
from shopkeeper.domains.mail.model import LIMITS
from shopkeeper.errors import ConfigurationError
from shopkeeper.identity.tokens import AccessTokens
from shopkeeper.settings import read
from shopkeeper.storage import Store
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import MARKERS, SESSIONS, TABLES, USERS
from tests.support.application import Shop, whole
from tests.support.mails import KEYRING, PostOffice
from tests.support.smtp import part
from tests.support.stores import ATOMIC

ANN, BOB, PASSWORD = "ann@example.com", "bob@example.com", "correct horse battery"
SITE = "https://shop.example"


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MEMORY_KIB", 8)
    monkeypatch.setattr(passwords, "PASSES", 1)


class Desk:
    """Accounts with a post office, which share their clock."""

    def __init__(self, store: Store, registration: Registration = "invite", site: str = SITE) -> None:
        self.store = store
        self.office = PostOffice(store)
        clock = self.office.clock
        self.office.compose = AccountMails(store, KEYRING, clock, site).compose
        tokens = AccessTokens(KEYRING, "dev", 30, clock)
        self.accounts = Accounts(
            store, KEYRING, tokens, Passwords(), clock, self.office.outbox, registration=registration
        )

    def register(self, invitation: str | None, email: str = ANN) -> User:
        return self.accounts.register(NewAccount(email=email, password=PASSWORD, name="Ann", invitation=invitation))

    def is_unchanged(self) -> bool:
        return not self.store.scan(USERS).items and not self.store.scan(MARKERS).items


@pytest.fixture
def desk(shop_store: Store) -> Desk:
    return Desk(shop_store)


@pytest.fixture
def plain(tmp_path: Path) -> Desk:
    """The same on SQLite."""
    return Desk(SQLiteStore(tmp_path / "shop.db", TABLES))


def test_an_invitation_makes_one_account_whose_address_it_confirms(desk: Desk) -> None:
    token = desk.accounts.invite("Ann@Example.com", "n1")
    user = desk.register(token, "ANN@example.com")
    assert (user.email, user.role) == (ANN, "user")
    assert user.email_confirmed_at is not None
    assert desk.office.run() == {}, "no mail asks to confirm it"
    assert not desk.store.scan(SESSIONS).items, "nothing is left of the invitation"
    with pytest.raises(AlreadyRegistered):
        desk.register(token)


def test_an_invitation_is_used_up_even_if_its_account_is_deleted(plain: Desk) -> None:
    token = plain.accounts.invite(ANN, "n1")
    user = plain.register(token)
    plain.store.delete(USERS, {"user_id": user.user_id})
    plain.store.delete(MARKERS, {"marker": f"user-email#{ANN}"})
    with pytest.raises(InvalidInvitation):
        plain.register(token)
    assert plain.is_unchanged()


def test_without_an_invitation_nobody_registers_where_that_is_needed(desk: Desk) -> None:
    with pytest.raises(InvitationRequired):
        desk.register(None)
    assert desk.is_unchanged()


def test_where_registration_is_closed_only_an_invitation_helps(plain: Desk) -> None:
    closed = Desk(plain.store, "closed")
    with pytest.raises(RegistrationClosed):
        closed.register(None)
    assert closed.is_unchanged()
    assert closed.register(closed.accounts.invite(ANN, "n1")).email_confirmed_at is not None


def test_where_anybody_may_register_an_invitation_still_confirms_and_a_wrong_one_is_refused(plain: Desk) -> None:
    desk = Desk(plain.store, "open")
    assert desk.register(None, BOB).email_confirmed_at is None
    token = desk.accounts.invite(ANN, "n1")
    with pytest.raises(InvalidInvitation):
        desk.register("x" + token)
    assert desk.register(token).email_confirmed_at is not None


def test_an_invitation_that_is_not_right_in_every_way_makes_no_account(desk: Desk) -> None:
    token = desk.accounts.invite(ANN, "n1")
    code, nonce, expires, mac = token.split(".")
    forged = [
        *("", "x", ".", "...", f"{code}.{nonce}.{expires}"),
        *(f"{code}.{nonce}.{int(expires) + 1}.{mac}", f"{code}.other.{expires}.{mac}"),
        KEYRING.seal("password reset", code, nonce, expires),
        KEYRING.seal("invitation", code, nonce),
        KEYRING.seal("invitation", code, "never-issued", expires),
    ]
    said = set()
    for wrong in forged:
        with pytest.raises(InvalidInvitation) as raised:
            desk.register(wrong)
        said.add(str(raised.value))
    with pytest.raises(InvalidInvitation) as raised:
        desk.register(token, BOB)
    assert said == {str(raised.value)}, "nobody learns what was wrong"
    assert desk.is_unchanged()
    desk.register(token)


def test_only_the_newest_invitation_of_an_address_is_valid(desk: Desk) -> None:
    former, newest = desk.accounts.invite(ANN, "n1"), desk.accounts.invite(ANN, "n2")
    other = desk.accounts.invite(BOB, "n3")
    with pytest.raises(InvalidInvitation):
        desk.register(former)
    desk.register(newest)
    desk.register(other, BOB)


def test_an_invitation_expires_after_a_week(plain: Desk) -> None:
    token = plain.accounts.invite(ANN, "n1")
    plain.office.wait(GOOD_SECONDS)
    with pytest.raises(InvalidInvitation):
        plain.register(token)
    plain.register(plain.accounts.invite(ANN, "n2"))


def test_nobody_with_an_account_is_invited(desk: Desk) -> None:
    desk.register(desk.accounts.invite(ANN, "n1"))
    with pytest.raises(AlreadyRegistered):
        desk.accounts.invite(ANN.upper(), "n2")


def test_an_invitation_is_no_session_of_anybody(plain: Desk) -> None:
    user = plain.register(plain.accounts.invite(ANN, "n1"))
    plain.accounts.invite(BOB, "n2")
    plain.accounts.sign_in(ANN, PASSWORD, "203.0.113.9")
    assert [family.user_id for family in sessions_of(plain.store, user.user_id)] == [user.user_id]


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_of_many_registrations_at_once_with_one_invitation_one_succeeds(shop_store: Store) -> None:
    desk = Desk(shop_store)
    token = desk.accounts.invite(ANN, "n1")
    start = threading.Barrier(4)

    def register(_: int) -> bool:
        start.wait()
        try:
            desk.register(token)
        except AlreadyRegistered:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(register, range(4))) == 1
    assert len(shop_store.scan(USERS).items) == 1


# By mail


def test_the_mail_has_the_link_that_was_printed_each_time_that_it_is_sent(desk: Desk) -> None:
    token = desk.accounts.invite("Ann@example.com", "mail-1")
    assert desk.accounts.mail_invitation("Ann@example.com", "mail-1")
    assert token not in str(desk.office.records()), "the outbox holds no token"

    def lost() -> None:
        raise RuntimeError

    desk.office.fault = lost
    with pytest.raises(RuntimeError):
        desk.office.run()
    desk.office.fault = lambda: None
    desk.office.wait(600)
    assert desk.office.run() == {"MailsSent": 1}
    (message,) = desk.office.messages
    assert message["To"] == ANN
    assert f"{SITE}/invite#token={token}&email=ann%40example.com" in part(message, "plain")
    desk.register(token)


def test_without_a_site_the_mail_has_the_token_alone(plain: Desk) -> None:
    desk = Desk(plain.store, site="")
    token = desk.accounts.invite(ANN, "mail-1")
    desk.accounts.mail_invitation(ANN, "mail-1")
    desk.office.run()
    assert f"enter this token within seven days: {token}" in part(desk.office.messages[0], "plain")


@pytest.mark.parametrize("event", ["used", "replaced", "expired"])
def test_a_mail_whose_invitation_is_no_longer_valid_is_not_sent(event: str, plain: Desk) -> None:
    token = plain.accounts.invite(ANN, "mail-1")
    plain.accounts.mail_invitation(ANN, "mail-1")
    if event == "used":
        plain.register(token)
    elif event == "replaced":
        plain.accounts.invite(ANN, "mail-2")
    else:
        (invitation,) = plain.store.scan(SESSIONS).items
        plain.store.put(SESSIONS, {**invitation, "ItemExpireTTL": 1})
    plain.office.run()
    assert not plain.office.messages
    assert plain.office.record()["outcome"] == "obsolete"


def test_an_address_gets_few_invitations_an_hour(plain: Desk) -> None:
    most = LIMITS["invite"][0].mails
    for number in range(most):
        plain.accounts.invite(ANN, f"mail-{number}")
        assert plain.accounts.mail_invitation(ANN, f"mail-{number}")
    plain.accounts.invite(ANN, "one-more")
    assert not plain.accounts.mail_invitation(ANN, "one-more")


# Through the API


def problem(shop: Shop, path: str, body: Mapping[str, Any], by: str = "") -> tuple[int, str]:
    response = shop.ask("POST", path, body, by=by)
    return response.status, msgspec.json.decode(whole(response)).get("code", "")


ACCOUNT = {"email": ANN, "password": PASSWORD, "name": "Ann"}
BUSINESS = {"business_name": "Zoë's", "email": ANN, "phone": "+14155550123", "address": "1 Main St"}


@pytest.mark.parametrize("mode", ["open", "invite", "closed"])
def test_everybody_is_told_who_may_register(mode: str, tmp_path: Path) -> None:
    shop = Shop(SQLiteStore(tmp_path / "shop.db", TABLES), REGISTRATION=mode)
    assert shop.give("GET", "/api/auth/registration") == {"registration": mode}


@pytest.mark.parametrize("mode", ["invite", "closed"])
def test_a_stranger_makes_neither_an_account_nor_a_business(mode: str, tmp_path: Path) -> None:
    """In stage dev too, where a business needs no token by default."""
    store = SQLiteStore(tmp_path / "shop.db", TABLES)
    shop = Shop(store, REGISTRATION=mode, REGISTRATION_REQUIRES_TOKEN="false")
    expected = "invitation_required" if mode == "invite" else "registration_closed"
    assert problem(shop, "/api/auth/register", ACCOUNT) == (403, expected)
    assert problem(shop, "/auth/register-business", {**BUSINESS, "cognito_user_id": "x"}) == (401, "unauthenticated")
    assert not any(store.scan(table).items for table in TABLES)
    shop.add_account("known")
    assert shop.add_business("known"), "who has an account may register a business"


@pytest.mark.parametrize("invitation", ["", "has spaces", "a" * 257, 7])
def test_an_invitation_that_no_server_gave_is_invalid_input(invitation: object, tmp_path: Path) -> None:
    shop = Shop(SQLiteStore(tmp_path / "shop.db", TABLES), REGISTRATION="invite")
    asked = {**ACCOUNT, "invitation": invitation}
    assert problem(shop, "/api/auth/register", asked) == (400, "invalid_input")


POOL = {"COGNITO_USER_POOL_ID": "us-east-1_Ab1Cd2Ef3", "COGNITO_CLIENT_ID": "client"}


def test_with_a_pool_closed_means_that_nobody_registers_a_business(tmp_path: Path) -> None:
    body = {**BUSINESS, "cognito_user_id": "known"}
    for mode, answer in (("closed", (403, "forbidden")), ("open", (201, ""))):
        shop = Shop(SQLiteStore(tmp_path / "shop.db", TABLES), REGISTRATION=mode, **POOL)
        assert problem(shop, "/auth/register-business", body, by="known") == answer


def test_a_pool_invites_its_users_itself() -> None:
    with pytest.raises(ConfigurationError, match="REGISTRATION must be open or closed"):
        read({"REGISTRATION": "invite", **POOL}, TABLES)
