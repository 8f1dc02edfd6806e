"""The letters of accounts: the tokens in them are made when a mail is sent, so that the outbox holds none.

Whether an address has an account is looked up only then. Anybody can name another's address, so these letters hold no
text that anybody wrote, not even the account's name.
"""

from collections.abc import Mapping

from shopkeeper.clock import Clock
from shopkeeper.domains.accounts.confirmations import ConfirmationTokens
from shopkeeper.domains.accounts.invitations import Invitations
from shopkeeper.domains.accounts.records import find_by_email
from shopkeeper.domains.accounts.resets import ResetTokens
from shopkeeper.domains.mail.model import Compose, Kind, Letter, Mail
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import Store

RESET_SECONDS = 1800


class AccountMails:
    """Makes the letters of accounts."""

    def __init__(self, store: Store, keyring: Keyring, clock: Clock, site_url: str) -> None:
        """Links lead to pages of `site_url`; if it is empty, a letter has the token instead of a link."""
        self._store = store
        self._resets = ResetTokens(store, keyring, clock)
        self._confirmations = ConfirmationTokens(store, keyring, clock)
        self._invitations = Invitations(store, keyring, clock)
        self._site_url = site_url

    @property
    def compose(self) -> Mapping[str, Compose]:
        """The functions that make the letters, by kind."""
        return {"reset": self._reset, "confirm": self._confirm, "invite": self._invite}

    def _reset(self, mail: Mail) -> Letter | None:
        account = find_by_email(self._store, mail.recipient or "")
        if account is None:
            return None
        token = self._resets.issue(account, mail.mail_id, RESET_SECONDS)
        return None if token is None else self._letter("reset", account.email, token)

    def _confirm(self, mail: Mail) -> Letter | None:
        account = find_by_email(self._store, mail.recipient or "")
        if account is None or account.email_confirmed_at is not None:
            return None
        return self._letter("confirm", account.email, self._confirmations.issue(account))

    def _invite(self, mail: Mail) -> Letter | None:
        email = mail.recipient or ""
        token = self._invitations.issued(email, mail.mail_id)
        return None if token is None else self._letter("invite", email, token, invitation_fragment(email, token))

    def _letter(self, kind: Kind, recipient: str, token: str, fragment: str = "") -> Letter:
        # A browser sends the fragment of a link to no server, so the token is in no log.
        facts = (
            {"link": f"{self._site_url}/{kind}#{fragment or f'token={token}'}"} if self._site_url else {"token": token}
        )
        return Letter(kind=kind, recipient=recipient, facts=facts)


def invitation_fragment(email: str, token: str) -> str:
    """Return what follows `#` in the link of an invitation: the token, and the address that it is for."""
    from urllib.parse import urlencode  # most functions with accounts make no such link

    return urlencode({"token": token, "email": email})
