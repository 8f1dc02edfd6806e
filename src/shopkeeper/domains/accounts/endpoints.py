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
    """Create an account.

    The email address may belong to no other account. Sign in afterwards to get tokens.

    The server's operator decides who may register. An `invitation` is the token of a link that the operator sent to
    this address; it also confirms the address.
    """
    user = accounts.register(call.body)
    headers = {"Location": f"{call.request.base_path}/api/users/{user.user_id}", **etag(user.version)}
    return Reply(user, headers=headers, metrics={"Accounts": 1})


@endpoint("GET /api/auth/registration")
def read_registration(accounts: Accounts, _: Call[Nothing, Nothing]) -> Reply[WhoRegisters]:
    """Read who may create an account.

    A page offers registration to anybody only if the answer is `open`.
    """
    return Reply(WhoRegisters(accounts.registration))


@endpoint("POST /api/auth/login", errors=(WrongCredentials, TooManyAttempts), load=Load.HASHES, limits=(PASSWORDS,))
def sign_in(accounts: Accounts, call: Call[Nothing, SignIn]) -> Reply[Tokens]:
    """Sign in with email and password.

    Returns an access token for requests, and a refresh token that continues the session.
    """
    return Reply(accounts.sign_in(call.body.email, call.body.password, call.request.client_address))


@endpoint("POST /api/auth/refresh", errors=(InvalidSession,), limits=(REFRESHES,))
def refresh_session(accounts: Accounts, call: Call[Nothing, Refresh]) -> Reply[Tokens]:
    """Continue a session.

    Returns new tokens. A refresh token is good for one use: one that is used twice ends its session.
    """
    return Reply(accounts.refresh(call.body.refresh_token))


@endpoint("POST /api/auth/logout", errors=(InvalidSession,))
def sign_out(accounts: Accounts, call: Call[Nothing, Refresh]) -> Reply[Nothing]:
    """Sign out.

    Ends the session of the refresh token. Access tokens that were issued stay valid until they expire.
    """
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
    """Change your password.

    All sessions of the account end, so sign in again afterwards.
    """
    accounts.change_password(call.identity, call.body, call.request.client_address)
    return Reply(Nothing())


@endpoint("POST /api/auth/reset", errors=(InvalidSession, ChangedMeanwhile), load=Load.HASHES, limits=(PASSWORDS,))
def reset_password(accounts: Accounts, call: Call[Nothing, PasswordReset]) -> Reply[Nothing]:
    """Set a new password with the token of a reset link.

    The token is good for one use. All sessions of the account end.
    """
    accounts.reset_password(call.body.token, call.body.new_password, call.request.client_address)
    return Reply(Nothing())


@endpoint("POST /api/auth/reset/request", status=202, errors=(MailNotConfigured,), limits=(MAIL_REQUESTS,))
def request_reset(accounts: Accounts, call: Call[Nothing, ResetRequest]) -> Reply[MailRequested]:
    """Request a reset link by mail.

    The answer is the same whether or not there is such an account.
    """
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
    """Request a confirmation of your email address by mail.

    Nothing is sent if the address is confirmed already.
    """
    accounts.request_confirmation(call.identity)
    return Reply(MailRequested())


@endpoint("POST /api/auth/confirm", errors=(InvalidSession, ChangedMeanwhile), limits=(REFRESHES,))
def confirm_email(accounts: Accounts, call: Call[Nothing, Confirmation]) -> Reply[Nothing]:
    """Confirm an email address with the token of a mail.

    The token is good for one use. It needs no access token, so the link works on any device.
    """
    accounts.confirm(call.body.token)
    return Reply(Nothing())


@endpoint("GET /api/users/me", headers=(ETAG,), access=Access.SIGNED_IN)
def get_me(accounts: Accounts, call: Call[Nothing, Nothing]) -> Reply[User]:
    """Return your account.

    It is the account of the access token.
    """
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
    """Change your name or email address.

    What is left out stays as it is. Another email address needs the present password, and must be confirmed anew.
    """
    user = accounts.change(call.identity, call.body, call.request.client_address, _expected(accounts, call))
    return Reply(user, headers=etag(user.version))


@endpoint(
    "DELETE /api/users/me",
    errors=(OwnsBusiness, ChangedMeanwhile, PreconditionFailed),
    access=Access.SIGNED_IN,
)
def delete_me(accounts: Accounts, call: Call[MeParameters, Nothing]) -> Reply[Nothing]:
    """Delete your account.

    It must own no business. All sessions end.
    """
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
    """Return an account.

    A user may read their own account, and an admin every account.
    """
    user = accounts.get(call.identity, call.parameters.user_id)
    return Reply(user, headers=etag(user.version))


@endpoint("GET /api/users", headers=(LINK,), errors=(AdminsOnly,), access=Access.SIGNED_IN, load=Load.PAGES)
def list_users(accounts: Accounts, call: Call[UserListParameters, Nothing]) -> Reply[UserList]:
    """List all accounts.

    Only admins may do this. The accounts come page by page.
    """
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
