"""The first run: makes the owner's account and the business in one transaction, while there is neither."""

from collections.abc import Callable

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.accounts import offers as accounts
from shopkeeper.domains.accounts.model import AlreadyRegistered, Tokens
from shopkeeper.domains.businesses import offers as businesses
from shopkeeper.domains.businesses.model import Business
from shopkeeper.domains.markers import offers as markers
from shopkeeper.domains.setup.code import is_code
from shopkeeper.domains.setup.model import AlreadySetUp, FirstRun, FirstRunDone, SetupState, SignIn, WrongCode
from shopkeeper.identifiers import uuid7
from shopkeeper.storage import AlreadyExists, Store

SignInWith = Callable[[str, str, str], Tokens]
"""Begins a session with an email address, a password and the caller's network address."""

DONE = "setup"
"""The marker of a first run that took place."""


class Setup:
    """The first run of an installation."""

    def __init__(
        self, store: Store, clock: Clock, code: str, sign_in: SignInWith | None, *, trusts_loopback: bool = True
    ) -> None:
        """`code` is what strangers need, and everybody if loopback is not trusted.

        `sign_in` is None if this server does not keep the accounts. Then there is nothing to set up.
        """
        self._store = store
        self._clock = clock
        self._code = code
        self._sign_in = sign_in
        self._trusts_loopback = trusts_loopback
        self._is_over = sign_in is None

    def is_needed(self) -> bool:
        """Tell whether there is neither an admin nor a business. Once there is one, the store is not read again.

        Raises StoreError.
        """
        if not self._is_over:
            self._is_over = self._has_begun()
        return not self._is_over

    def state(self, *, is_local: bool) -> SetupState:
        """Return what a caller must know; `is_local` tells whether they are on this machine. Raises StoreError."""
        needed = self.is_needed()
        sign_in: SignIn = "cognito" if self._sign_in is None else "accounts"
        return SetupState(needed=needed, code_required=needed and self._wants_code(is_local), sign_in=sign_in)

    def run(self, first: FirstRun, address: str, *, is_local: bool) -> FirstRunDone:
        """Make the account of an admin and its business, both or neither, and sign the owner in.

        `address` is the caller's network address. If the reply is lost, the owner signs in with the new password.
        Raises AlreadySetUp, WrongCode, AlreadyRegistered, TooManyAttempts or StoreError.
        """
        if self._sign_in is None or not self.is_needed():
            raise _over()
        if self._wants_code(is_local) and not is_code(first.code or "", self._code):
            raise WrongCode("This needs the code that `shopkeeper serve` printed when it started.")
        business = self._make(first)
        self._is_over = True
        return FirstRunDone(tokens=self._sign_in(first.email, first.password, address), business=business)

    def _wants_code(self, is_local: bool) -> bool:
        return not (is_local and self._trusts_loopback)

    def _make(self, first: FirstRun) -> Business:
        now = rfc3339(self._clock())
        name = first.name or first.business.owner_name or first.business.business_name
        account = accounts.new_admin(first.email, first.password, name, now)
        facts = msgspec.structs.asdict(first.business)
        facts["email"] = (first.business.email or first.email).lower()
        business = Business(
            business_id=uuid7(), cognito_user_id=account.user_id, created_at=now, updated_at=now, **facts
        )
        done = markers.take(DONE, business_id=business.business_id, user_id=account.user_id, created_at=now)
        try:
            self._store.transact([done, *businesses.add(business), *accounts.add(self._store, account)])
        except AlreadyExists as error:
            if error.position == 0 or self._has_begun():
                raise _over() from None
            raise AlreadyRegistered("There is an account with this email address.") from None
        return business

    def _has_begun(self) -> bool:
        is_done = markers.holder(self._store, DONE) is not None
        return is_done or businesses.is_any_stored(self._store) or accounts.has_admin(self._store)


def _over() -> AlreadySetUp:
    return AlreadySetUp("This shop is set up already. Sign in with the account that was made.")
