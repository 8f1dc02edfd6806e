"""What mails are handed to, as the settings say: an SMTP server, or Amazon SES."""

from shopkeeper.domains.mail.model import NotDelivered, Transport
from shopkeeper.net.smtp_url import SmtpServer
from shopkeeper.settings import Settings


def open_transport(settings: Settings) -> Transport:
    """Return what sends mails from `MAIL_FROM`. Raises ConfigurationError if there are no credentials for SES."""
    if settings.smtp_server is not None:
        return _smtp(settings.smtp_server, settings.mail_from)
    return _ses(settings)


def greet_server(server: SmtpServer, sender: str) -> None:
    """Begin a session with an SMTP server and end it; nothing is sent. Raises NotDelivered if that is impossible."""
    from shopkeeper.net.smtp import Unreachable, greet

    try:
        greet(server, sender)
    except Unreachable as error:
        raise NotDelivered(str(error), is_outage=True) from error


def _smtp(server: SmtpServer, sender: str) -> Transport:
    from shopkeeper.net.smtp import Deferred, Refused, Unreachable, submit

    def send(recipient: str, message: bytes) -> None:
        try:
            submit(server, sender, recipient, message)
        except (Refused, Deferred, Unreachable) as error:
            is_final, is_outage = isinstance(error, Refused), isinstance(error, Unreachable)
            raise NotDelivered(str(error), is_final=is_final, is_outage=is_outage) from error

    return send


def _ses(settings: Settings) -> Transport:
    from shopkeeper.aws.ses import NotTaken, SesSender

    ses = SesSender(settings.region, settings.aws)

    def send(recipient: str, message: bytes) -> None:
        try:
            ses.send(settings.mail_from, recipient, message)
        except NotTaken as error:
            raise NotDelivered(str(error), is_final=error.is_final) from error

    return send
