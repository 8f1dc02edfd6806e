"""The endpoints of accounts: signing in and out, oneself, and the list of users."""

from typing import TypeVar

from shopkeeper.domains.accounts.model import (
    AdminsOnly,
    AlreadyRegistered,
    ChangedMeanwhile,
    Confirmation,
    InvalidInvitation,
    InvalidSession,
    InvitationRequired,
    MailRequested,
    MeParameters,
    NewAccount,
    OwnsBusiness,
    PasswordChange,
    PasswordReset,
    Refresh,
    RegistrationClosed,
    ResetRequest,
    SignIn,
    Tokens,
    TooManyAttempts,
    User,
    UserChange,
    UserList,
    UserListParameters,
    UserParameters,
    WhoRegisters,
    WrongCredentials,
    WrongPassword,
)
from shopkeeper.domains.accounts.service import Accounts
from shopkeeper.domains.mail.model import MailNotConfigured
from shopkeeper.http import (
    ETAG,
    LINK,
    LOCATION,
    Access,
    Call,
    Load,
    NotFound,
    Nothing,
    PreconditionFailed,
    RateLimit,
    Reply,
    endpoint,
)
from shopkeeper.http.cursor import next_link, read_page
from shopkeeper.http.version import check_if_match, etag

B = TypeVar("B")

USER_LIST = "users"

PASSWORDS = RateLimit("passwords", requests=120, seconds=600)
"""Of everything that computes hashes, together."""

PASSWORDS_OF_ACCOUNT = RateLimit("passwords-of-account", requests=20, seconds=600, by="account")
ACCOUNTS = RateLimit("accounts", requests=60, seconds=3600)
REFRESHES = RateLimit("refreshes", requests=300, seconds=600)
MAIL_REQUESTS = RateLimit("mail-requests", requests=20, seconds=3600)
"""The store counts the mails to each address as well."""


@endpoint(
    "POST /api/auth/register",
    status=201,
    headers=(LOCATION, ETAG),
    errors=(AlreadyRegistered, RegistrationClosed, InvitationRequired, InvalidInvitation),
    load=Load.HASHES,
    limits=(PASSWORDS, ACCOUNTS),
)
def register_user(accounts: Accounts, call: Call[Nothing, NewAccount]) -> Reply[User]:
    """Make an account, where anybody may, or with an invitation to its address."""
    user = accounts.register(call.body)
    headers = {"Location": f"{call.request.base_path}/api/users/{user.user_id}", **etag(user.version)}
    return Reply(user, headers=headers, metrics={"Accounts": 1})


@endpoint("GET /api/auth/registration")
def read_registration(accounts: Accounts, _: Call[Nothing, Nothing]) -> Reply[WhoRegisters]:
    """Tell who may make an account, so that a page offers it to nobody else."""
    return Reply(WhoRegisters(accounts.registration))


@endpoint("POST /api/auth/login", errors=(WrongCredentials, TooManyAttempts), load=Load.HASHES, limits=(PASSWORDS,))
def sign_in(accounts: Accounts, call: Call[Nothing, SignIn]) -> Reply[Tokens]:
    """Begin a session with email and password."""
    return Reply(accounts.sign_in(call.body.email, call.body.password, call.request.client_address))


@endpoint("POST /api/auth/refresh", errors=(InvalidSession,), limits=(REFRESHES,))
def refresh_session(accounts: Accounts, call: Call[Nothing, Refresh]) -> Reply[Tokens]:
    """Continue a session with its refresh token, which is thereby replaced."""
    return Reply(accounts.refresh(call.body.refresh_token))


@endpoint("POST /api/auth/logout", errors=(InvalidSession,))
def sign_out(accounts: Accounts, call: Call[Nothing, Refresh]) -> Reply[Nothing]:
    """End a session."""
    accounts.sign_out(call.body.refresh_token)
    return Reply(Nothing())


@endpoint(
    "POST /api/auth/password",
    errors=(WrongPassword, ChangedMeanwhile, TooManyAttempts),
    access=Access.SIGNED_IN,
    load=Load.HASHES,
    limits=(PASSWORDS, PASSWORDS_OF_ACCOUNT),
)
def change_password(accounts: Accounts, call: Call[Nothing, PasswordChange]) -> Reply[Nothing]:
    """Set another password, which ends all sessions."""
    accounts.change_password(call.identity, call.body, call.request.client_address)
    return Reply(Nothing())


@endpoint("POST /api/auth/reset", errors=(InvalidSession, ChangedMeanwhile), load=Load.HASHES, limits=(PASSWORDS,))
def reset_password(accounts: Accounts, call: Call[Nothing, PasswordReset]) -> Reply[Nothing]:
    """Set another password with the token of a reset link, once."""
    accounts.reset_password(call.body.token, call.body.new_password, call.request.client_address)
    return Reply(Nothing())


@endpoint("POST /api/auth/reset/request", status=202, errors=(MailNotConfigured,), limits=(MAIL_REQUESTS,))
def request_reset(accounts: Accounts, call: Call[Nothing, ResetRequest]) -> Reply[MailRequested]:
    """Have a reset link sent by mail. The answer is the same whether or not there is such an account."""
    accounts.request_reset(call.body.email)
    return Reply(MailRequested())


@endpoint(
    "POST /api/auth/confirm/request",
    status=202,
    errors=(MailNotConfigured,),
    access=Access.SIGNED_IN,
    limits=(MAIL_REQUESTS,),
)
def request_confirmation(accounts: Accounts, call: Call[Nothing, Nothing]) -> Reply[MailRequested]:
    """Have a confirmation of one's own email address sent by mail, if it is not confirmed."""
    accounts.request_confirmation(call.identity)
    return Reply(MailRequested())


@endpoint("POST /api/auth/confirm", errors=(InvalidSession, ChangedMeanwhile), limits=(REFRESHES,))
def confirm_email(accounts: Accounts, call: Call[Nothing, Confirmation]) -> Reply[Nothing]:
    """Confirm the email address of an account with the token of a mail."""
    accounts.confirm(call.body.token)
    return Reply(Nothing())


@endpoint("GET /api/users/me", headers=(ETAG,), access=Access.SIGNED_IN)
def get_me(accounts: Accounts, call: Call[Nothing, Nothing]) -> Reply[User]:
    """Return one's own account."""
    user = accounts.me(call.identity)
    return Reply(user, headers=etag(user.version))


@endpoint(
    "PATCH /api/users/me",
    headers=(ETAG,),
    errors=(WrongPassword, AlreadyRegistered, ChangedMeanwhile, PreconditionFailed, TooManyAttempts),
    access=Access.SIGNED_IN,
    load=Load.HASHES,
    limits=(PASSWORDS, PASSWORDS_OF_ACCOUNT),
)
def change_me(accounts: Accounts, call: Call[MeParameters, UserChange]) -> Reply[User]:
    """Change one's own name or email address."""
    user = accounts.change(call.identity, call.body, call.request.client_address, _expected(accounts, call))
    return Reply(user, headers=etag(user.version))


@endpoint(
    "DELETE /api/users/me",
    errors=(OwnsBusiness, ChangedMeanwhile, PreconditionFailed),
    access=Access.SIGNED_IN,
)
def delete_me(accounts: Accounts, call: Call[MeParameters, Nothing]) -> Reply[Nothing]:
    """Delete one's own account, if it owns no business."""
    accounts.delete(call.identity, _expected(accounts, call))
    return Reply(Nothing())


def _expected(accounts: Accounts, call: Call[MeParameters, B]) -> int | None:
    """Return the version that the caller has seen, None if the request names none. Raises PreconditionFailed."""
    if call.parameters.if_match is None:
        return None
    version = accounts.me(call.identity).version
    check_if_match(call.parameters.if_match, version)
    return version


@endpoint("GET /api/users/{user_id}", headers=(ETAG,), errors=(NotFound,), access=Access.SIGNED_IN)
def get_user(accounts: Accounts, call: Call[UserParameters, Nothing]) -> Reply[User]:
    """Return an account to itself or to an admin."""
    user = accounts.get(call.identity, call.parameters.user_id)
    return Reply(user, headers=etag(user.version))


@endpoint("GET /api/users", headers=(LINK,), errors=(AdminsOnly,), access=Access.SIGNED_IN, load=Load.PAGES)
def list_users(accounts: Accounts, call: Call[UserListParameters, Nothing]) -> Reply[UserList]:
    """List all users, for admins."""
    accounts.check_admin(call.identity)
    found, cursor = read_page(accounts.listing(), USER_LIST, call.parameters.cursor, call.parameters.limit)
    return Reply(UserList([account.user for account in found], cursor), headers=next_link(call.request, cursor))


ENDPOINTS = (
    get_me,
    change_me,
    delete_me,
    get_user,
    list_users,
    register_user,
    sign_in,
    refresh_session,
    sign_out,
    change_password,
    reset_password,
    request_reset,
    request_confirmation,
    confirm_email,
    read_registration,
)
