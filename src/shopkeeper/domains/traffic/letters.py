"""The letters of the weekly mail. What they say is in the outbox: a mail tells of the time when it was written down."""

from collections.abc import Mapping

from shopkeeper.domains.businesses.offers import find_business
from shopkeeper.domains.mail.model import Compose, Kind, Letter, Mail
from shopkeeper.http import NotFound
from shopkeeper.storage import Store

KIND: Kind = "traffic_weekly"


class WeeklyLetters:
    """Makes the letters, for owners who still want them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def compose(self) -> Mapping[str, Compose]:
        """What makes the letters, by kind."""
        return {KIND: self._letter}

    def _letter(self, mail: Mail) -> Letter | None:
        try:
            business = find_business(self._store, mail.facts["business_id"])
        except NotFound:
            return None
        if not business.traffic_emails or mail.recipient is None:
            return None
        facts = {**mail.facts, "business": business.business_name}
        return Letter(kind=KIND, recipient=mail.recipient, facts=facts, language=business.mail_language)
