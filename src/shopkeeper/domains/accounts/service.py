"""Accounts: making, finding, changing and deleting them, and signing in to them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.accounts.attempts import Attempt, SignInAttempts
from shopkeeper.domains.accounts.confirmations import ConfirmationTokens
from shopkeeper.domains.accounts.invitations import Invitations, invalid_invitation
from shopkeeper.domains.accounts.model import (
    Account,
    AdminsOnly,
    AlreadyRegistered,
    ChangedMeanwhile,
    InvalidSession,
    InvitationRequired,
    NewAccount,
    PasswordChange,
    Registration,
    RegistrationClosed,
    Role,
    Tokens,
    User,
    UserChange,
    WrongCredentials,
    WrongPassword,
)
from shopkeeper.domains.accounts.passwords import Passwords, Verdict
from shopkeeper.domains.accounts.records import ALL_USERS, add, find_by_email, new_account, no_user, remove, users
from shopkeeper.domains.accounts.resets import ResetTokens
from shopkeeper.domains.accounts.sessions import Sessions
from shopkeeper.domains.mail.model import Kind, MailNotConfigured
from shopkeeper.domains.mail.offers import Outbox, Posted
from shopkeeper.domains.markers import offers as markers
from shopkeeper.http import Caller, NotFound, Unauthenticated
from shopkeeper.identifiers import uuid7
from shopkeeper.identity.keys import Keyring
from shopkeeper.identity.tokens import AccessTokens
from shopkeeper.storage import Action, AlreadyExists, Changes, ConditionFailed, Store, StoreError
from shopkeeper.storage.listing import Listing
from shopkeeper.storage.tables import USERS

RESET_SECONDS = 3600
"""How long the operator's link is valid. The link of a mail is valid for a shorter time."""


class Accounts:
    """The accounts of one stage."""

    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        tokens: AccessTokens,
        passwords: Passwords,
        clock: Clock,
        outbox: Outbox | None = None,
        registration: Registration = "open",
    ) -> None:
        """Without an outbox no mails are sent."""
        self._store = store
        self._users = users(store)
        self._tokens = tokens
        self._passwords = passwords
        self._clock = clock
        self._attempts = SignInAttempts(store, keyring, clock)
        self._sessions = Sessions(store, keyring, clock)
        self._resets = ResetTokens(store, keyring, clock)
        self._confirmations = ConfirmationTokens(store, keyring, clock)
        self._invitations = Invitations(store, keyring, clock)
        self._outbox = outbox
        self.registration: Registration = registration

    def register(self, new: NewAccount) -> User:
        """Make an account, and have its address confirmed by mail. An invitation confirms it at once.

        Raises RegistrationClosed, InvitationRequired, InvalidInvitation, AlreadyRegistered or StoreError.
        """
        redemption = self._admission(new)
        now = rfc3339(self._clock())
        account = new_account(new.email, new.name, self._passwords.hash(new.password), now)
        if redemption:
            account = msgspec.structs.replace(account, email_confirmed_at=now)
        try:
            self._store.transact([*add(self._store, account), *redemption])
        except AlreadyExists:
            raise _registered() from None
        except ConditionFailed:
            raise invalid_invitation() from None
        if not redemption:
            self._ask_to_confirm(account)
        return account.user

    def invite(self, email: str, nonce: str) -> str:
        """Return the token of a new invitation to an address, which replaces the one before it.

        Raises AlreadyRegistered or StoreError.
        """
        if find_by_email(self._store, email.lower()) is not None:
            raise _registered()
        return self._invitations.issue(email.lower(), nonce)

    def mail_invitation(self, email: str, nonce: str) -> bool:
        """Have the invitation with this nonce sent to its address, and return whether the address may get a mail now.

        Raises MailNotConfigured or StoreError.
        """
        return self._post("invite", email.lower(), mail_id=nonce) is not Posted.TOO_MANY

    def sign_in(self, email: str, password: str, address: str) -> Tokens:
        """Begin a session; `address` is the caller's network address.

        Raises TooManyAttempts, WrongCredentials, ServiceUnavailable or StoreError.
        """
        email = email.lower()
        attempt = self._attempts.reserve(email, address)
        account = find_by_email(self._store, email)
        verdict = self._verify(account, password, attempt)
        if not verdict or account is None:
            raise WrongCredentials("Email and password do not belong together.")
        if verdict is Verdict.OUTDATED:
            self._hash_again(account, password)
        return self._grant(account, self._sessions.begin(account.user_id, account.epoch))

    def refresh(self, refresh_token: str) -> Tokens:
        """Continue a session. Raises InvalidSession or StoreError."""
        family, generation = self._sessions.find(refresh_token)
        account = self._users.get(family.user_id)
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

    def request_reset(self, email: str) -> None:
        """Have a reset link sent to an address, if it has an account. That is looked up when the mail is sent.

        So this does the same for every address. Raises MailNotConfigured or StoreError.
        """
        self._post("reset", email.lower())

    def reset_token(self, email: str) -> str:
        """Return a token that sets a new password once, within an hour. Raises NotFound or ChangedMeanwhile."""
        account = find_by_email(self._store, email.lower())
        if account is None:
            raise NotFound("There is no account with this email address.")
        token = self._resets.issue(account, uuid7(), RESET_SECONDS)
        if token is None:
            raise ChangedMeanwhile("The account was changed by another request.")
        return token

    def reset_password(self, token: str, new_password: str, address: str) -> None:
        """Set a new password with a reset token, which then is used up, and forget the failed attempts to sign in.

        `address` is the caller's network address. Raises InvalidSession, ChangedMeanwhile or StoreError.
        """
        account = self._resets.find(token)
        # First, since the token can be used again until the password is set.
        self._attempts.forgive(account.email, address)
        self._set_password(account, new_password)

    def request_confirmation(self, caller: Caller) -> None:
        """Have a confirmation sent to the caller's own address, if it is not confirmed.

        Raises Unauthenticated, MailNotConfigured or StoreError.
        """
        account = self._account_of(caller)
        if account.email_confirmed_at is None:
            self._post("confirm", account.email)

    def confirm(self, token: str) -> None:
        """Store that the address of an account is confirmed. Raises InvalidSession, ChangedMeanwhile or StoreError."""
        account = self._confirmations.find(token)
        if account.email_confirmed_at is None:
            now = rfc3339(self._clock())
            self._store_change(account, {"email_confirmed_at": now, "updated_at": now})

    def me(self, caller: Caller) -> User:
        """Return the caller's own account. Raises Unauthenticated or StoreError."""
        return self._account_of(caller).user

    def get(self, caller: Caller, user_id: str) -> User:
        """Return an account to itself or to an admin; to others there is none. Raises NotFound."""
        asking = self._account_of(caller)
        if asking.user_id == user_id:
            return asking.user
        if asking.role != "admin":
            raise no_user()
        return self._users.require(user_id).user

    def check_admin(self, caller: Caller) -> None:
        """Return if the caller is an admin. Raises AdminsOnly or Unauthenticated."""
        if self._account_of(caller).role != "admin":
            raise AdminsOnly("Only admins may do this.")

    def listing(self) -> Listing[Account]:
        """Return the list of all accounts."""
        return Listing(self._store, self._users, "all-users", ALL_USERS)

    def change(self, caller: Caller, change: UserChange, address: str, expected: int | None) -> User:
        """Change the caller's own account; another email moves its marker in the same transaction.

        `expected` is the version that the caller has seen, None for any. Raises Unauthenticated,
        WrongPassword, TooManyAttempts, AlreadyRegistered, ChangedMeanwhile or StoreError.
        """
        account = self._account_of(caller)
        if expected is not None and expected != account.version:
            raise ChangedMeanwhile("The account was changed by another request.")
        fields: dict[str, Any] = {"updated_at": rfc3339(self._clock())}
        moved: list[Action] = []
        if change.name is not msgspec.UNSET:
            fields["name"] = change.name
        if change.email is not msgspec.UNSET and change.email.lower() != account.email:
            given = change.current_password
            self._check_password(account, None if given is msgspec.UNSET else given, address)
            # A reset link that was sent to the former address becomes invalid, too.
            fields |= {"email": change.email.lower(), "email_confirmed_at": None, "reset_hash": None}
            moved = [
                markers.take(markers.user_email(change.email.lower()), user_id=account.user_id),
                markers.free(markers.user_email(account.email), user_id=account.user_id),
            ]
        changed = self._store_change(account, fields, moved)
        if moved:
            self._ask_to_confirm(changed)
        return changed.user

    def delete(self, caller: Caller, expected: int | None = None) -> None:
        """Delete the caller's own account; its identity can then never own a business.

        `expected` is the version that the caller has seen, None for any. Raises Unauthenticated,
        OwnsBusiness, ChangedMeanwhile or StoreError.
        """
        account = self._account_of(caller)
        if expected is not None and expected != account.version:
            raise ChangedMeanwhile("The account was changed by another request.")
        remove(self._store, account, rfc3339(self._clock()))

    def set_role(self, user_id: str, role: Role) -> User:
        """Make an account an admin's, or a user's again. Raises NotFound or ChangedMeanwhile."""
        return self._store_change(self._users.require(user_id), {"role": role}).user

    def _account_of(self, caller: Caller) -> Account:
        """Return the account of a token. Raises Unauthenticated if it is gone or its sessions were ended since."""
        account = self._users.get(caller.subject)
        if account is None or account.epoch != caller.epoch:
            raise Unauthenticated("The access token is not valid any more.")
        return account

    def _post(self, kind: Kind, email: str, mail_id: str | None = None) -> Posted:
        if self._outbox is None:
            raise MailNotConfigured("This server sends no mails. Ask its operator.")
        return self._outbox.post(kind, email, {}, mail_id=mail_id)

    def _admission(self, new: NewAccount) -> list[Action]:
        """Return what the transaction of a new account also has to do, if the account may be made."""
        if new.invitation is not None:
            return [self._invitations.redemption(new.email.lower(), new.invitation)]
        if self.registration == "closed":
            raise RegistrationClosed("Nobody can register here.")
        if self.registration == "invite":
            raise InvitationRequired("Only who is invited can register here.")
        return []

    def _ask_to_confirm(self, account: Account) -> None:
        """Have a confirmation sent, if mails are sent. It never fails: the account is stored, and can ask again."""
        if self._outbox is not None:
            try:
                self._post("confirm", account.email)
            except StoreError:
                pass

    def _grant(self, account: Account, refresh_token: str) -> Tokens:
        access = self._tokens.issue(account.user_id, account.epoch)
        return Tokens(access_token=access.token, expires_in=access.expires_in, refresh_token=refresh_token)

    def _check_password(self, account: Account, password: str | None, address: str) -> None:
        if password is None:
            raise WrongPassword("This needs the current password.")
        if not self._verify(account, password, self._attempts.reserve(account.email, address)):
            raise WrongPassword("The current password is wrong.")

    def _verify(self, account: Account | None, password: str, attempt: Attempt) -> Verdict:
        """Tell whether a password fits. The attempt counts no more if it does."""
        verdict = self._passwords.verify(account.password_hash if account else None, password)
        if verdict:
            self._attempts.succeeded(attempt)
        return verdict

    def _set_password(self, account: Account, password: str) -> None:
        """Store a new hash; the raised epoch ends all sessions, and uses up reset links."""
        fields = {
            "password_hash": self._passwords.hash(password),
            "epoch": account.epoch + 1,
            "reset_hash": None,
            "updated_at": rfc3339(self._clock()),
        }
        self._store_change(account, fields)

    def _hash_again(self, account: Account, password: str) -> None:
        """Store a hash in today's form, unless another request changed it meanwhile. The version stays."""
        key = self._users.key_of(account)
        new = {"password_hash": self._passwords.hash(password)}
        try:
            self._store.update(USERS, key, Changes(set=new), expect={"password_hash": account.password_hash})
        except ConditionFailed:
            pass

    def _store_change(self, account: Account, fields: Mapping[str, Any], moved: Sequence[Action] = ()) -> Account:
        changed, update = self._users.revision(account, fields)
        try:
            self._store.transact([update, *moved])
        except AlreadyExists:
            raise _registered() from None
        except ConditionFailed:
            raise ChangedMeanwhile("The account was changed by another request.") from None
        return changed


def _registered() -> AlreadyRegistered:
    return AlreadyRegistered("There is an account with this email address.")
