"""The outbox of a stage, for the functions that write mails down."""

from shopkeeper.domains.mail.offers import Outbox
from shopkeeper.functions.resources import Resources


def open_outbox(resources: Resources) -> Outbox | None:
    """Return the outbox, None if the stage sends no mails: then none must be stored."""
    if not resources.settings.mail_from:
        return None
    return Outbox(resources.store, resources.require_identity().keyring, resources.clock)
