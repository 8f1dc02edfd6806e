"""Accounts: making, finding, changing and deleting them, and signing in to them."""

import re

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.accounts.attempts import SignInAttempts
from shopkeeper.domains.accounts.model import (
    Account,
    AdminsOnly,
    AlreadyRegistered,
    ChangedMeanwhile,
    InvalidSession,
    NewAccount,
    OwnsBusiness,
    PasswordChange,
    Role,
    Tokens,
    User,
    UserChange,
    WrongCredentials,
    WrongPassword,
)
from shopkeeper.domains.accounts.passwords import Passwords, Verdict
from shopkeeper.domains.accounts.sessions import Sessions
from shopkeeper.http import Caller, NotFound, ServiceUnavailable, Unauthenticated
from shopkeeper.identifiers import uuid7
from shopkeeper.identity.keys import Keyring
from shopkeeper.identity.tokens import AccessTokens
from shopkeeper.storage import (
    MARKERS,
    USERS,
    Action,
    AlreadyExists,
    Changes,
    ConditionFailed,
    Delete,
    Key,
    Put,
    Store,
    Update,
    Value,
    markers,
)

RESET_PURPOSE = "password reset"
RESET_SECONDS = 3600
RESET_SIGNED = re.compile(r"([^.]+)\.([0-9]{1,15})\.([0-9]{1,15})")
ALL_USERS = "user"


class Accounts:
    """The accounts of one stage."""

    def __init__(
        self, store: Store, keyring: Keyring, tokens: AccessTokens, passwords: Passwords, clock: Clock
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._tokens = tokens
        self._passwords = passwords
        self._clock = clock
        self._attempts = SignInAttempts(store, keyring, clock)
        self._sessions = Sessions(store, keyring, clock)

    def register(self, new: NewAccount) -> User:
        """Make an account. Raises AlreadyRegistered, ServiceUnavailable or StoreError."""
        now = rfc3339(self._clock())
        account = Account(
            user_id=uuid7(),
            email=new.email.lower(),
            name=new.name,
            created_at=now,
            updated_at=now,
            password_hash=self._passwords.hash(new.password),
        )
        try:
            self._store.transact(
                [
                    Put(USERS, msgspec.structs.asdict(account), if_absent=True),
                    _email_marker(account.email, account.user_id),
                ]
            )
        except AlreadyExists:
            raise AlreadyRegistered("There is an account with this email address.") from None
        return account.user

    def sign_in(self, email: str, password: str, address: str) -> Tokens:
        """Begin a session; `address` is where the caller calls from.

        Raises TooManyAttempts, WrongCredentials, ServiceUnavailable or StoreError.
        """
        email = email.lower()
        reservation = self._attempts.reserve(email, address)
        account = self._by_email(email)
        verdict = self._verify(account, password, reservation)
        if not verdict or account is None:
            raise WrongCredentials("Email and password do not belong together.")
        if verdict is Verdict.OUTDATED:
            self._hash_again(account, password)
        return self._grant(account, self._sessions.begin(account.user_id, account.epoch))

    def refresh(self, refresh_token: str) -> Tokens:
        """Continue a session. Raises InvalidSession or StoreError."""
        family, generation = self._sessions.find(refresh_token)
        account = self._find(family.user_id)
        if account is None or account.epoch != family.epoch:
            self._sessions.end(family.family_id)
            raise InvalidSession("The session has ended.")
        return self._grant(account, self._sessions.renew(family, generation))

    def sign_out(self, refresh_token: str) -> None:
        """End a session. Raises InvalidSession or StoreError."""
        family, _ = self._sessions.find(refresh_token)
        self._sessions.end(family.family_id)

    def change_password(self, caller: Caller, change: PasswordChange, address: str) -> None:
        """Give an account another password and end all its sessions.

        Raises Unauthenticated, WrongPassword, TooManyAttempts, ChangedMeanwhile or StoreError.
        """
        account = self._account_of(caller)
        self._check_password(account, change.current_password, address)
        self._set_password(account, change.new_password)

    def reset_token(self, email: str) -> str:
        """Return a token that sets a new password once, within an hour. Raises NotFound."""
        account = self._by_email(email.lower())
        if account is None:
            raise NotFound("There is no account with this email address.")
        expires = int(self._clock().timestamp()) + RESET_SECONDS
        signed = f"{account.user_id}.{account.epoch}.{expires}"
        return f"{signed}.{self._keyring.current(RESET_PURPOSE).mac(signed)}"

    def reset_password(self, token: str, new_password: str) -> None:
        """Set a new password by a reset token, which is used up by that. Raises InvalidSession or StoreError."""
        signed, _, mac = token.rpartition(".")
        refusal = InvalidSession("The reset link is not valid, or not any more.")
        parts = RESET_SIGNED.fullmatch(signed)
        if parts is None or not self._keyring.verify(RESET_PURPOSE, signed, mac):
            raise refusal
        user_id, epoch, expires = parts.groups()
        account = self._find(user_id)
        if account is None or account.epoch != int(epoch) or self._clock().timestamp() >= int(expires):
            raise refusal
        self._set_password(account, new_password)

    def me(self, caller: Caller) -> User:
        """Return the caller's own account. Raises Unauthenticated or StoreError."""
        return self._account_of(caller).user

    def get(self, caller: Caller, user_id: str) -> User:
        """Return an account to itself or to an admin; to others there is none. Raises NotFound."""
        asking = self._account_of(caller)
        if asking.user_id == user_id:
            return asking.user
        found = self._find(user_id) if asking.role == "admin" else None
        if found is None:
            raise NotFound("There is no such user.")
        return found.user

    def check_admin(self, caller: Caller) -> None:
        """Return if the caller is an admin. Raises AdminsOnly or Unauthenticated."""
        if self._account_of(caller).role != "admin":
            raise AdminsOnly("Only admins may do this.")

    def list_all(self, limit: int, after: Key | None) -> tuple[list[User], Key | None]:
        """Return a page of all accounts, and where the next begins."""
        page = self._store.query(USERS, ALL_USERS, index="all-users", limit=limit, after=after)
        return [msgspec.convert(item, Account).user for item in page.items], page.next

    def change(self, caller: Caller, change: UserChange, address: str, expected: int | None) -> User:
        """Change the caller's own account; another email moves its marker in the same transaction.

        `expected` is the version that the caller has seen, None for any. Raises Unauthenticated,
        WrongPassword, TooManyAttempts, AlreadyRegistered, ChangedMeanwhile or StoreError.
        """
        account = self._account_of(caller)
        if expected is not None and expected != account.version:
            raise ChangedMeanwhile("The account was changed by another request.")
        new: dict[str, Value] = {"updated_at": rfc3339(self._clock()), "version": account.version + 1}
        actions: list[Action] = []
        if change.name is not msgspec.UNSET:
            new["name"] = change.name
        if change.email is not msgspec.UNSET and change.email.lower() != account.email:
            given = change.current_password
            self._check_password(account, None if given is msgspec.UNSET else given, address)
            new["email"] = change.email.lower()
            actions = [
                _email_marker(change.email.lower(), account.user_id),
                _free_email(account),
            ]
        self._store_change(account, new, actions)
        return msgspec.convert({**msgspec.structs.asdict(account), **new}, Account).user

    def delete(self, caller: Caller, expected: int | None = None) -> None:
        """Delete the caller's own account; its identity can then never own a business.

        `expected` is the version that the caller has seen, None for any. Raises Unauthenticated,
        OwnsBusiness, ChangedMeanwhile or StoreError.
        """
        account = self._account_of(caller)
        if expected is not None and expected != account.version:
            raise ChangedMeanwhile("The account was changed by another request.")
        tombstone = {"marker": markers.business_identity(account.user_id), "deleted_at": rfc3339(self._clock())}
        try:
            self._store.transact(
                [
                    Delete(USERS, {"user_id": account.user_id}, expect={"version": account.version}),
                    _free_email(account),
                    Put(MARKERS, tombstone, if_absent=True),
                ]
            )
        except AlreadyExists:
            raise OwnsBusiness("The account owns a business, which must be deleted first.") from None
        except ConditionFailed:
            raise ChangedMeanwhile("The account was changed by another request.") from None

    def set_role(self, user_id: str, role: Role) -> User:
        """Make an account an admin's, or a user's again. Raises NotFound or ChangedMeanwhile."""
        account = self._find(user_id)
        if account is None:
            raise NotFound("There is no such user.")
        self._store_change(account, {"role": role, "version": account.version + 1}, [])
        return msgspec.structs.replace(account, role=role, version=account.version + 1).user

    def _account_of(self, caller: Caller) -> Account:
        """Return the account behind a token, if it is there and its sessions were not ended since."""
        account = self._find(caller.subject)
        if account is None or account.epoch != caller.epoch:
            raise Unauthenticated("The access token is not valid any more.")
        return account

    def _find(self, user_id: str) -> Account | None:
        item = self._store.get(USERS, {"user_id": user_id})
        return None if item is None else msgspec.convert(item, Account)

    def _by_email(self, email: str) -> Account | None:
        marker = self._store.get(MARKERS, {"marker": markers.user_email(email)})
        return None if marker is None else self._find(str(marker["user_id"]))

    def _grant(self, account: Account, refresh_token: str) -> Tokens:
        access = self._tokens.issue(account.user_id, account.epoch)
        return Tokens(access_token=access.token, expires_in=access.expires_in, refresh_token=refresh_token)

    def _check_password(self, account: Account, password: str | None, address: str) -> None:
        if password is None:
            raise WrongPassword("This needs the current password.")
        if not self._verify(account, password, self._attempts.reserve(account.email, address)):
            raise WrongPassword("The current password is wrong.")

    def _verify(self, account: Account | None, password: str, reservation: dict[str, str]) -> Verdict:
        """Tell whether a password fits; the attempt counts no more if it does, or could not be made."""
        try:
            verdict = self._passwords.verify(account.password_hash if account else None, password)
        except ServiceUnavailable:
            self._attempts.clear(reservation)
            raise
        if verdict:
            self._attempts.clear(reservation)
        return verdict

    def _set_password(self, account: Account, password: str) -> None:
        """Store a new hash; the raised epoch ends all sessions, and uses up reset links."""
        new: dict[str, Value] = {
            "password_hash": self._passwords.hash(password),
            "epoch": account.epoch + 1,
            "version": account.version + 1,
            "updated_at": rfc3339(self._clock()),
        }
        self._store_change(account, new, [])

    def _hash_again(self, account: Account, password: str) -> None:
        """Bring a hash up to today's form and figures; whoever changed it meanwhile had reason to."""
        key: Key = {"user_id": account.user_id}
        new = {"password_hash": self._passwords.hash(password)}
        try:
            self._store.update(USERS, key, Changes(set=new), expect={"password_hash": account.password_hash})
        except ConditionFailed:
            pass

    def _store_change(self, account: Account, new: dict[str, Value], more: list[Action]) -> None:
        update = Update(USERS, {"user_id": account.user_id}, Changes(set=new), expect={"version": account.version})
        try:
            self._store.transact([update, *more])
        except AlreadyExists:
            raise AlreadyRegistered("There is an account with this email address.") from None
        except ConditionFailed:
            raise ChangedMeanwhile("The account was changed by another request.") from None


def _email_marker(email: str, user_id: str) -> Put:
    return Put(MARKERS, {"marker": markers.user_email(email), "user_id": user_id}, if_absent=True)


def _free_email(account: Account) -> Delete:
    return Delete(MARKERS, {"marker": markers.user_email(account.email)}, expect={"user_id": account.user_id})
