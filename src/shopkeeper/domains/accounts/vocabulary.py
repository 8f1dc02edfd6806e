"""What the OpenAPI document says of the accounts' properties."""

from shopkeeper.http.vocabulary import Term, Vocabulary, moment

TOKEN = "MDFhMWZkNDYtNWY3ZC03ZjE2.1795262400.q2fJ0kQx"  # noqa: S105  # an example

WORDS: Vocabulary = {
    "user_id": Term("The id of the account", "01a1fd46-2f0c-7d4b-9c1e-5a0f9b6d7c11"),
    "role": Term("What the account may do: an admin may read all accounts"),
    "Role": Term("What an account may do"),
    "email_confirmed_at": moment("When the user confirmed the email address; null if not yet"),
    "password": Term("The password of the account", "correct horse battery"),
    "current_password": Term("The present password", "correct horse battery"),
    "access_token": Term(
        "The bearer token of requests, in the header `Authorization`",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMWExZmQ0NiJ9.c2lnbmF0dXJl",
    ),
    "token_type": Term("How the access token is sent"),
    "expires_in": Term("For how many seconds the access token is valid", 900),
    "refresh_token": Term("The token that continues the session, good for one use", TOKEN),
    "token": Term("The token from the link of a mail, good for one use", TOKEN),
    "invitation": Term("The token of an invitation to this address, null without one", None),
    "WhoRegisters.registration": Term(
        "Who may create an account: anybody, those with an invitation, or nobody", "open"
    ),
    "users": Term("The accounts of this page"),
    "NewAccount.name": Term("The name of the user", "Ann Example"),
    "User.name": Term("The name of the user", "Ann Example"),
    "User.email": Term("The email address, in lower case", "ann@example.com", "email"),
    "UserChange.name": Term("The new name of the user", "Ann Example"),
    "UserChange.current_password": Term(
        "The present password, which another email address needs", "correct horse battery"
    ),
    "MailRequested.status": Term("The request was accepted, whether or not a mail is sent"),
}
