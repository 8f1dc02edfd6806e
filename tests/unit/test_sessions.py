"""Sessions by a model: whatever a client and a thief do with refresh tokens, what they get is as it should be."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from shopkeeper.domains.accounts.model import InvalidSession
from shopkeeper.domains.accounts.sessions import Sessions
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import SESSIONS

GRACE = 10
IDLE = 30 * 86400
LONGEST = 90 * 86400


class Modelled:
    """What a session should be: its generation, when it rotated, when it began, and whether it lives."""

    def __init__(self, now: float) -> None:
        self.generation = 1
        self.rotated = now
        self.began = now
        self.alive = True

    def lives(self, now: float) -> bool:
        """Tell whether the session can be used."""
        return self.alive and now < min(int(self.rotated) + IDLE, int(self.began) + LONGEST)


class SessionMachine(RuleBasedStateMachine):
    """Two users' sessions, their tokens of all ages, and time that passes."""

    tokens = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.store = SQLiteStore(Path(self.folder.name) / "s.db", [SESSIONS], now=lambda: 0.0)
        self.now = datetime(2026, 11, 21, tzinfo=UTC)
        keyring = Keyring(lambda: [b"0123456789abcdef0123456789abcdef"])
        self.sessions = Sessions(self.store, keyring, lambda: self.now)
        self.model: dict[str, Modelled] = {}

    @property
    def second(self) -> float:
        """The present second."""
        return self.now.timestamp()

    @rule(target=tokens, user=st.sampled_from(["ann", "bob"]))
    def begin(self, user: str) -> str:
        """Sign in."""
        token = self.sessions.begin(user, 0)
        self.model[family_of(token)] = Modelled(self.second)
        return token

    @rule(target=tokens, token=tokens)
    def use(self, token: str) -> object:
        """Refresh with a token of any age."""
        model = self.model[family_of(token)]
        generation = generation_of(token)
        lost_reply = generation == model.generation - 1 and self.second - model.rotated <= GRACE
        if not model.lives(self.second):
            with pytest.raises(InvalidSession):
                self.renew(token)
            return multiple()
        if generation == model.generation:
            new = self.renew(token)
            model.generation += 1
            model.rotated = self.second
            assert generation_of(new) == model.generation
            return new
        if lost_reply:
            again = self.renew(token)
            assert generation_of(again) == model.generation
            return again
        with pytest.raises(InvalidSession):
            self.renew(token)
        model.alive = False
        return multiple()

    @rule(token=consumes(tokens))
    def end(self, token: str) -> None:
        """Sign out."""
        self.sessions.end(family_of(token))
        self.model[family_of(token)].alive = False

    @rule(token=tokens, forgery=st.sampled_from(["mac", "generation", "family"]))
    def forge(self, token: str, forgery: str) -> None:
        """Show a token that nobody made: it is refused, and ends nobody's session."""
        family, generation, mac = token.split(".")
        forged = {
            "mac": f"{family}.{generation}.{mac[:-2]}AA"
            if not mac.endswith("AA")
            else f"{family}.{generation}.{mac[:-2]}BB",
            "generation": f"{family}.{int(generation) + 1}.{mac}",
            "family": f"{family[:-1]}x.{generation}.{mac}",
        }[forgery]
        with pytest.raises(InvalidSession):
            self.renew(forged)

    @rule(seconds=st.sampled_from([1, 9, 10, 11, 3600, 86400, IDLE - 1, IDLE]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    @invariant()
    def sessions_live_as_long_as_they_should(self) -> None:
        """What should live can be found, and nothing else."""
        for family_id, model in self.model.items():
            item = self.store.get(SESSIONS, {"family_id": family_id})
            if model.lives(self.second):
                assert item is not None
                assert item["generation"] == model.generation
            elif not model.alive:
                assert item is None

    def renew(self, token: str) -> str:
        """Refresh, as the accounts do."""
        return self.sessions.renew(*self.sessions.find(token))

    def teardown(self) -> None:
        """Let go of the store."""
        self.store.close()
        self.folder.cleanup()


def family_of(token: str) -> str:
    return token.split(".")[0]


def generation_of(token: str) -> int:
    return int(token.split(".")[1])


TestSessions = SessionMachine.TestCase
TestSessions.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
