"""The endpoints of accounts: signing in and out, oneself, and the list of users."""

from typing import TypeVar

from shopkeeper.domains.accounts.model import (
    AdminsOnly,
    AlreadyRegistered,
    ChangedMeanwhile,
    InvalidSession,
    MeParameters,
    NewAccount,
    OwnsBusiness,
    PasswordChange,
    PasswordReset,
    Refresh,
    SignIn,
    Tokens,
    TooManyAttempts,
    User,
    UserChange,
    UserList,
    UserListParameters,
    UserParameters,
    WrongCredentials,
    WrongPassword,
)
from shopkeeper.domains.accounts.service import Accounts
from shopkeeper.http import (
    Access,
    Call,
    NotFound,
    Nothing,
    PreconditionFailed,
    Reply,
    ServiceUnavailable,
    endpoint,
)
from shopkeeper.http.cursor import next_link, read_page
from shopkeeper.http.version import check_if_match, etag

B = TypeVar("B")

NO_CONTENT = 204
USER_LIST = "users"


def register_user(accounts: Accounts, call: Call[Nothing, NewAccount]) -> Reply[User]:
    """Make an account."""
    user = accounts.register(call.body)
    headers = {"Location": f"{call.request.base_path}/api/users/{user.user_id}", **etag(user.version)}
    return Reply(user, headers=headers, metrics={"Accounts": 1})


def sign_in(accounts: Accounts, call: Call[Nothing, SignIn]) -> Reply[Tokens]:
    """Begin a session."""
    return Reply(accounts.sign_in(call.body.email, call.body.password, call.request.client_address))


def refresh_session(accounts: Accounts, call: Call[Nothing, Refresh]) -> Reply[Tokens]:
    """Continue a session."""
    return Reply(accounts.refresh(call.body.refresh_token))


def sign_out(accounts: Accounts, call: Call[Nothing, Refresh]) -> Reply[Nothing]:
    """End a session."""
    accounts.sign_out(call.body.refresh_token)
    return Reply(Nothing())


def change_password(accounts: Accounts, call: Call[Nothing, PasswordChange]) -> Reply[Nothing]:
    """Set another password and end all sessions."""
    accounts.change_password(call.identity, call.body, call.request.client_address)
    return Reply(Nothing())


def reset_password(accounts: Accounts, call: Call[Nothing, PasswordReset]) -> Reply[Nothing]:
    """Set another password by the token of a reset link."""
    accounts.reset_password(call.body.token, call.body.new_password)
    return Reply(Nothing())


def get_me(accounts: Accounts, call: Call[Nothing, Nothing]) -> Reply[User]:
    """Return the caller's own account."""
    user = accounts.me(call.identity)
    return Reply(user, headers=etag(user.version))


def change_me(accounts: Accounts, call: Call[MeParameters, UserChange]) -> Reply[User]:
    """Change the caller's own account."""
    user = accounts.change(call.identity, call.body, call.request.client_address, _expected(accounts, call))
    return Reply(user, headers=etag(user.version))


def delete_me(accounts: Accounts, call: Call[MeParameters, Nothing]) -> Reply[Nothing]:
    """Delete the caller's own account."""
    accounts.delete(call.identity, _expected(accounts, call))
    return Reply(Nothing())


def _expected(accounts: Accounts, call: Call[MeParameters, B]) -> int | None:
    """Return the version that the caller has seen, None if the request names none. Raises PreconditionFailed."""
    if call.parameters.if_match is None:
        return None
    version = accounts.me(call.identity).version
    check_if_match(call.parameters.if_match, version)
    return version


def get_user(accounts: Accounts, call: Call[UserParameters, Nothing]) -> Reply[User]:
    """Return an account to itself or to an admin."""
    user = accounts.get(call.identity, call.parameters.user_id)
    return Reply(user, headers=etag(user.version))


def list_users(accounts: Accounts, call: Call[UserListParameters, Nothing]) -> Reply[UserList]:
    """Return a page of all users to an admin."""
    accounts.check_admin(call.identity)
    found, cursor = read_page(accounts.listing(), USER_LIST, call.parameters.cursor, call.parameters.limit)
    return Reply(UserList([account.user for account in found], cursor), headers=next_link(call.request, cursor))


ENDPOINTS = (
    endpoint(
        "GET",
        "/api/users/me",
        get_me,
        summary="Return one's own account",
        access=Access.SIGNED_IN,
        responses={200: User},
        errors=(ServiceUnavailable,),
    ),
    endpoint(
        "PATCH",
        "/api/users/me",
        change_me,
        summary="Change one's own name or email address",
        access=Access.SIGNED_IN,
        parameters=MeParameters,
        body=UserChange,
        responses={200: User},
        errors=(
            WrongPassword,
            AlreadyRegistered,
            ChangedMeanwhile,
            PreconditionFailed,
            TooManyAttempts,
            ServiceUnavailable,
        ),
    ),
    endpoint(
        "DELETE",
        "/api/users/me",
        delete_me,
        summary="Delete one's own account, if it owns no business",
        access=Access.SIGNED_IN,
        parameters=MeParameters,
        responses={NO_CONTENT: Nothing},
        errors=(OwnsBusiness, ChangedMeanwhile, PreconditionFailed, ServiceUnavailable),
    ),
    endpoint(
        "GET",
        "/api/users/{user_id}",
        get_user,
        summary="Return an account to itself or to an admin",
        access=Access.SIGNED_IN,
        parameters=UserParameters,
        responses={200: User},
        errors=(NotFound, ServiceUnavailable),
    ),
    endpoint(
        "GET",
        "/api/users",
        list_users,
        summary="List all users, for admins",
        access=Access.SIGNED_IN,
        parameters=UserListParameters,
        responses={200: UserList},
        errors=(AdminsOnly, ServiceUnavailable),
    ),
    endpoint(
        "POST",
        "/api/auth/register",
        register_user,
        summary="Make an account",
        body=NewAccount,
        responses={201: User},
        errors=(AlreadyRegistered, ServiceUnavailable),
    ),
    endpoint(
        "POST",
        "/api/auth/login",
        sign_in,
        summary="Begin a session with email and password",
        body=SignIn,
        responses={200: Tokens},
        errors=(WrongCredentials, TooManyAttempts, ServiceUnavailable),
    ),
    endpoint(
        "POST",
        "/api/auth/refresh",
        refresh_session,
        summary="Continue a session with its refresh token, which is thereby replaced",
        body=Refresh,
        responses={200: Tokens},
        errors=(InvalidSession, ServiceUnavailable),
    ),
    endpoint(
        "POST",
        "/api/auth/logout",
        sign_out,
        summary="End a session",
        body=Refresh,
        responses={NO_CONTENT: Nothing},
        errors=(InvalidSession, ServiceUnavailable),
    ),
    endpoint(
        "POST",
        "/api/auth/password",
        change_password,
        summary="Set another password, which ends all sessions",
        access=Access.SIGNED_IN,
        body=PasswordChange,
        responses={NO_CONTENT: Nothing},
        errors=(WrongPassword, ChangedMeanwhile, TooManyAttempts, ServiceUnavailable),
    ),
    endpoint(
        "POST",
        "/api/auth/reset",
        reset_password,
        summary="Set another password with the token of a reset link, once",
        body=PasswordReset,
        responses={NO_CONTENT: Nothing},
        errors=(InvalidSession, ChangedMeanwhile, ServiceUnavailable),
    ),
)
