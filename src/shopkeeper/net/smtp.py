"""Hands a message to an SMTP server: TLS checked, and in bounded time. Source: RFC 5321, RFC 3207.

`smtplib` and `ssl` are imported when a message is sent: only one function sends any.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from shopkeeper.net.smtp_url import SmtpServer
from shopkeeper.net.spans import Span

if TYPE_CHECKING:
    import smtplib
    import ssl

STEP_SECONDS = 15.0
"""How long each step may take: to connect, and each read or write."""

WHOLE_SECONDS = 30.0
"""How long all of it may take. A peer that sends a byte at a time keeps every step short."""

TEMPORARY, PERMANENT = range(400, 500), range(500, 600)


class Refused(Exception):
    """The server will never take this message for this recipient. The text holds a code and no address."""


class Unreachable(Exception):
    """The server cannot be used at present, by anybody. The text holds no address and no password."""


class Deferred(Exception):
    """The server does not take this message at present. It may take others, and this one later."""


def submit(
    server: SmtpServer,
    sender: str,
    recipient: str,
    message: bytes,
    *,
    context: "ssl.SSLContext | None" = None,
    step_seconds: float = STEP_SECONDS,
    whole_seconds: float = WHOLE_SECONDS,
) -> None:
    """Hand a message over, and return when the server has taken it. Without `context` the system's roots are trusted.

    Raises Refused, Deferred or Unreachable. After a lost answer the message may have been taken.
    """
    import smtplib

    if not (recipient.isascii() and recipient.isprintable()):
        raise Refused("the address cannot be written in a command")
    try:
        with Span("smtp"), _session(server, sender, context, step_seconds, whole_seconds) as session:
            session.sendmail(sender, [recipient], message)
    except smtplib.SMTPRecipientsRefused as error:
        ((code, said),) = error.recipients.values()
        raise _refusal(code, said) from None
    except smtplib.SMTPDataError as error:
        raise _refusal(error.smtp_code, error.smtp_error) from None
    except smtplib.SMTPResponseException as error:
        raise Unreachable(_told(error.smtp_code, error.smtp_error)) from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        # The causes of these hold what the server said, which may repeat an address.
        raise Unreachable(type(error).__name__) from None


def greet(
    server: SmtpServer,
    sender: str,
    *,
    context: "ssl.SSLContext | None" = None,
    step_seconds: float = STEP_SECONDS,
    whole_seconds: float = WHOLE_SECONDS,
) -> None:
    """Begin a session as for a message, and end it. Raises Unreachable if no message could be handed over."""
    import smtplib

    try:
        with _session(server, sender, context, step_seconds, whole_seconds):
            pass
    except smtplib.SMTPResponseException as error:
        raise Unreachable(_told(error.smtp_code, error.smtp_error)) from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise Unreachable(type(error).__name__) from None


@contextmanager
def _session(
    server: SmtpServer, sender: str, context: "ssl.SSLContext | None", step_seconds: float, whole_seconds: float
) -> "Iterator[smtplib.SMTP]":
    """Yield a session in which a message may be sent."""
    import smtplib
    import ssl

    trust = context or ssl.create_default_context()
    own_name = sender.rpartition("@")[2]  # by itself smtplib asks the resolver for a name
    session: smtplib.SMTP
    if server.is_encrypted:
        session = smtplib.SMTP_SSL(timeout=step_seconds, local_hostname=own_name, context=trust)
    else:
        session = smtplib.SMTP(timeout=step_seconds, local_hostname=own_name)
    # `connect` sets the name that certificates are checked against only if it is given to the constructor.
    session._host = server.host  # type: ignore[attr-defined]
    with _cut_after(session, whole_seconds):
        try:
            code, said = session.connect(server.host, server.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, said)
            session.ehlo_or_helo_if_needed()
            if server.needs_starttls:
                session.starttls(context=trust)
                session.ehlo_or_helo_if_needed()
            if server.user:
                session.login(server.user, server.password.value)
            yield session
            with suppress(smtplib.SMTPException, OSError):
                session.quit()  # the message was taken, however this ends
        finally:
            session.close()


@contextmanager
def _cut_after(session: "smtplib.SMTP", seconds: float) -> Iterator[None]:
    """Within the block, the connection is cut after so many seconds."""

    def cut() -> None:
        peer = session.sock
        if peer is not None:
            with suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _refusal(code: int, said: bytes | str) -> Exception:
    kind = Refused if code in PERMANENT else Deferred if code in TEMPORARY else Unreachable
    return kind(_told(code, said))


def _told(code: int, said: bytes | str) -> str:
    """Return a code and the enhanced one (RFC 3463), if there is one. The rest may repeat the address."""
    text = said.decode("ascii", "replace") if isinstance(said, bytes) else said
    first = text.split(maxsplit=1)[0] if text.split() else ""
    parts = first.split(".")
    is_enhanced = len(parts) == 3 and all(part.isdecimal() and part.isascii() and len(part) < 4 for part in parts)
    return f"SMTP {code} {first}" if is_enhanced else f"SMTP {code}"
