"""Whatever happens to an account in whatever order, only the newest token works, for its time and once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from shopkeeper.domains.accounts.model import Account, InvalidSession
from shopkeeper.domains.accounts.records import users
from shopkeeper.domains.accounts.resets import ResetTokens
from shopkeeper.storage.records import to_item
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES, USERS
from tests.support.mails import KEYRING

ACCOUNT = Account(user_id="ann", email="a@example.com", name="Ann", created_at="", updated_at="", password_hash="0")


class Resets(RuleBasedStateMachine):
    """Tokens are issued, time passes, and the password is changed, with a token or without."""

    tokens = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.store = SQLiteStore(Path(self.folder.name) / "shop.db", TABLES)
        self.store.put(USERS, to_item(ACCOUNT))
        self.users = users(self.store)
        self.now = datetime(2026, 11, 28, tzinfo=UTC)
        self.resets = ResetTokens(self.store, KEYRING, lambda: self.now)
        self.good: str | None = None
        self.until = self.now
        self.issued: set[str] = set()

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def account(self) -> Account:
        return self.users.require("ann")

    @rule(target=tokens, nonce=st.sampled_from("abc"), seconds=st.integers(1, 5))
    def issue(self, nonce: str, seconds: int) -> str:
        token = self.resets.issue(self.account(), nonce, seconds)
        assert token is not None
        self.good, self.until = token, self.now + timedelta(seconds=seconds)
        self.issued.add(token)
        return token

    @rule(seconds=st.integers(1, 3))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def change_the_password(self) -> None:
        account = self.account()
        self.users.change(account, {"epoch": account.epoch + 1, "reset_hash": None})
        self.good = None

    @rule()
    def issue_for_an_account_that_has_changed_since(self) -> None:
        stale = msgspec.structs.replace(self.account(), epoch=self.account().epoch + 1)
        assert self.resets.issue(stale, "a", 5) is None

    @rule(token=tokens)
    def use(self, token: str) -> None:
        try:
            found = self.resets.find(token)
        except InvalidSession:
            assert token != self.good or self.now >= self.until
            return
        assert (found.user_id, token) == ("ann", self.good)
        assert self.now < self.until
        self.change_the_password()

    @invariant()
    def at_most_one_of_all_that_were_issued_works(self) -> None:
        working = set()
        for token in self.issued:
            try:
                self.resets.find(token)
            except InvalidSession:
                continue
            working.add(token)
        assert working == ({self.good} if self.good is not None and self.now < self.until else set())


TestResets = Resets.TestCase
TestResets.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
