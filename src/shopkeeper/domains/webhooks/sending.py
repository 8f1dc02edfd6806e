"""Sends one message to one address, within 15 seconds, whatever the receiver does."""

import time
from collections.abc import Iterable
from datetime import datetime

import msgspec

from shopkeeper import __version__
from shopkeeper.clock import Clock
from shopkeeper.domains.webhooks.message import Message
from shopkeeper.domains.webhooks.signing import SigningSecret, signatures
from shopkeeper.net.connection import Broken, NoAddress, NotSent, Reply, encode_request
from shopkeeper.net.deadline import deadline
from shopkeeper.net.guard import Guard, NotAllowed, NotPublic
from shopkeeper.net.spans import Call

SECONDS = 15.0
BODY_SECONDS = 2.0
"""How long an answer's body may take after its head. The status counts without it."""

MAX_BODY = 64 * 1024
MAX_SHOWN = 200


class Answer(msgspec.Struct, frozen=True):
    """The outcome of an attempt.

    `status` is that of the answer, None if there was none. `error` is a code that says what failed, None for a
    success. `retry_after` is for how many seconds the receiver asks not to be called. `shown` is the beginning of
    the body of an answer that is not a success.
    """

    status: int | None
    error: str | None
    milliseconds: int
    retry_after: int = 0
    shown: str = ""


class Sender:
    """Sends messages, each on a connection of its own."""

    def __init__(self, guard: Guard, clock: Clock) -> None:
        self._guard = guard
        self._clock = clock

    def send(self, url: str, secrets: Iterable[SigningSecret], message: Message) -> Answer:
        """Send a message and return the outcome. Never raises for anything that the receiver does."""
        began = time.monotonic()
        try:
            reply = self._ask(url, secrets, message, deadline(SECONDS))
        except (NotAllowed, NotPublic):
            error = "address_not_public"
        except NoAddress:
            error = "no_address"
        except NotSent as failure:
            error = "tls_failed" if _is_of_tls(failure) else "not_connected"
        except Broken:
            error = "no_answer"
        else:
            return self._answered(reply, _milliseconds(began))
        return Answer(None, error, _milliseconds(began))

    def _ask(self, url: str, secrets: Iterable[SigningSecret], message: Message, ends: float) -> Reply:
        place = self._guard.check(url)
        timestamp = int(self._clock().timestamp())
        headers = {
            "Host": place.host_field,
            "Connection": "close",
            "Content-Type": "application/json",
            "User-Agent": f"Shopkeeper/{__version__}",
            "webhook-id": message.message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signatures(secrets, message.message_id, timestamp, message.body),
        }
        request = encode_request("POST", place.target, headers, message.body)
        with Call(place.host, "POST") as call:
            call.attempt()
            connection = self._guard.connect(place, ends)
            try:
                reply = connection.ask(request, ends, MAX_BODY, BODY_SECONDS)
                call.status = reply.status
                return reply
            finally:
                connection.close()

    def _answered(self, reply: Reply, milliseconds: int) -> Answer:
        if 200 <= reply.status < 300:
            return Answer(reply.status, None, milliseconds)
        pause = retry_after(reply.headers.get("retry-after", ""), self._clock())
        shown = reply.body[: 4 * MAX_SHOWN].decode(errors="replace")[:MAX_SHOWN]
        return Answer(reply.status, f"status_{reply.status}", milliseconds, pause, shown)


def retry_after(value: str, now: datetime) -> int:
    """Return the seconds that a field `Retry-After` asks for, 0 for none (RFC 9110, section 10.2.3)."""
    if value.isascii() and value.isdigit():
        return int(value[:9])
    if not value:
        return 0
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(value)
        return max(0, int((moment - now).total_seconds()))
    except (ValueError, TypeError, OverflowError):
        return 0  # a date without a zone cannot be compared either


def _is_of_tls(failure: NotSent) -> bool:
    """Return whether the peer was reached and its TLS refused, without loading TLS for a plain connection."""
    return type(failure.__cause__).__name__.startswith("SSL")


def _milliseconds(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
