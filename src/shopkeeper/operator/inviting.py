"""`shopkeeper invite`: the link with which the owner of an email address makes an account."""

from typing import NamedTuple

import msgspec

from shopkeeper.domains.accounts.letters import invitation_fragment
from shopkeeper.domains.accounts.service import Accounts
from shopkeeper.errors import ConfigurationError
from shopkeeper.http.fields import Email
from shopkeeper.identifiers import uuid7
from shopkeeper.settings import Settings


class Invited(NamedTuple):
    """The link of an invitation, and whether it will be sent by mail."""

    link: str
    is_mailed: bool


def check_possible(settings: Settings, email: str, *, by_mail: bool) -> None:
    """Raise ConfigurationError if these settings do not let an operator invite the owner of an address."""
    try:
        msgspec.convert(email, Email)
    except msgspec.ValidationError:
        raise ConfigurationError(f"{email[:100]!r} is not an email address.") from None
    if settings.cognito_user_pool_id:
        raise ConfigurationError("The accounts are those of a Cognito pool: invite people there.")
    if by_mail and not settings.mail_from:
        raise ConfigurationError("--mail needs MAIL_FROM, and a mail server: without it no mails are sent.")


def invite(accounts: Accounts, settings: Settings, email: str, page: str, *, by_mail: bool) -> Invited:
    """Return a new invitation. It replaces the one before it, and is sent by mail too if asked.

    Raises AlreadyRegistered or StoreError.
    """
    nonce = uuid7()
    token = accounts.invite(email, nonce)
    site = settings.site_url if page.startswith("/") else ""
    link = f"{site}{page}#{invitation_fragment(email.lower(), token)}"
    return Invited(link, by_mail and accounts.mail_invitation(email, nonce))
