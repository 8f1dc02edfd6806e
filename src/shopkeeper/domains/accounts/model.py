"""What an account is, and what its endpoints take and give."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from shopkeeper.http import Conflict, Forbidden, TooManyRequests, Unauthenticated
from shopkeeper.http.constraints import pattern, text
from shopkeeper.http.fields import CursorText, Email, IfMatch, Limit

Role = Literal["user", "admin"]
Registration = Literal["open", "invite", "closed"]
"""Who can make an account: anybody, or only those with an invitation. `closed` does not tell others of invitations."""

Name = Annotated[str, text(200, examples=["Ann Example"])]
Password = Annotated[
    str,
    msgspec.Meta(
        min_length=12,
        max_length=128,
        description="12 to 128 characters, spaces and all; only a salted hash of their form NFC is stored",
        examples=["correct horse battery"],
        extra={"verbatim": True},
    ),
]
GivenPassword = Annotated[str, msgspec.Meta(min_length=1, max_length=128, extra={"verbatim": True})]
Token = Annotated[str, pattern(r"^[A-Za-z0-9_.-]{1,256}$", must="must be a token that was given before")]


class NewAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a registration."""

    email: Email
    password: Password
    name: Name
    invitation: Token | None = None


class WhoRegisters(msgspec.Struct, frozen=True):
    """Who can make an account: anybody, those with an invitation, or nobody."""

    registration: Registration


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a login."""

    email: Email
    password: GivenPassword


class Refresh(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a refresh or a logout."""

    refresh_token: Token


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a change of password."""

    current_password: GivenPassword
    new_password: Password


class PasswordReset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a reset, with the token of a mail or of an operator's link."""

    token: Token
    new_password: Password


class ResetRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a request for a reset mail."""

    email: Email


class Confirmation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a confirmation, with the token of a mail."""

    token: Token


class MailRequested(msgspec.Struct, frozen=True):
    """The answer to a request for a mail, the same in all cases."""

    status: Literal["requested"] = "requested"


class UserChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a change of oneself; another email needs the password."""

    name: Name | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    current_password: GivenPassword | UnsetType = UNSET


class MeParameters(msgspec.Struct, frozen=True):
    """The caller's own account, in which version."""

    if_match: IfMatch | None = msgspec.field(name="If-Match", default=None)


class UserParameters(msgspec.Struct, frozen=True):
    """Which user."""

    user_id: Annotated[str, text(128)]


class UserListParameters(msgspec.Struct, frozen=True):
    """Which page of the users."""

    limit: Limit = 10
    cursor: CursorText | None = None


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A user as oneself and admins see it; times are RFC 3339, `version` counts changes.

    `email_confirmed_at` is when the user confirmed this address with the token of a mail, null if not yet.
    """

    user_id: str
    email: str
    email_confirmed_at: str | None = None
    name: str
    role: Role = "user"
    created_at: str
    updated_at: str
    version: int = 1


class Account(User, frozen=True, kw_only=True):
    """A user as it is stored. `epoch` counts the changes of the password, each of which ends all sessions.

    `reset_hash` is the hash of the newest reset token. It is valid until `reset_until`, in seconds of the Unix epoch.
    """

    password_hash: str
    epoch: int = 0
    reset_hash: str | None = None
    reset_until: int = 0
    kind: Literal["user"] = "user"

    @property
    def user(self) -> User:
        """What of it may be shown."""
        return User(**{name: getattr(self, name) for name in User.__struct_fields__})


class UserList(msgspec.Struct, frozen=True):
    """A page of users; `next` is the cursor of the next page."""

    users: list[User]
    next: str | None


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What a login or a refresh gives; `expires_in` are seconds of the access token."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # the kind of token, no secret
    expires_in: int
    refresh_token: str


class AlreadyRegistered(Conflict):
    """There is an account with this email address."""

    code = "already_registered"


class RegistrationClosed(Forbidden):
    """Nobody can make an account here, and the request has no invitation."""

    code = "registration_closed"


class InvitationRequired(Forbidden):
    """Only who is invited can make an account here, and the request has no invitation."""

    code = "invitation_required"


class InvalidInvitation(Forbidden):
    """An invitation is for another address, or is not valid, or no longer valid."""

    code = "invalid_invitation"


class OwnsBusiness(Conflict):
    """The account owns a business, which must be deleted first."""

    code = "owns_business"


class ChangedMeanwhile(Conflict):
    """The account was changed by another request at the same time."""

    code = "changed_meanwhile"


class WrongCredentials(Unauthenticated):
    """Email and password do not belong together; which of them is wrong is not said."""

    code = "wrong_credentials"


class InvalidSession(Unauthenticated):
    """A refresh token, or the token of a mail, is not valid, or no longer valid."""

    code = "invalid_session"


class WrongPassword(Forbidden):
    """The current password is missing or wrong."""

    code = "wrong_password"


class AdminsOnly(Forbidden):
    """Only admins may do this."""

    code = "admins_only"


class TooManyAttempts(TooManyRequests):
    """There were too many attempts to sign in."""

    code = "too_many_attempts"
