"""AWS X-Ray: what a function did within an invocation, as a subsegment that is sent to Lambda's daemon.

Sources: AWS X-Ray Developer Guide, "Segment documents", "Sending segment documents to the X-Ray daemon" and "Tracing
header"; AWS Lambda Developer Guide, "Defined runtime environment variables".
"""

import _socket  # see `net.tls`
import os
from functools import lru_cache
from typing import Any

import msgspec

from shopkeeper.net.spans import Call, Root, Span

HEADER = b'{"format":"json","version":1}\n'
MOST_BYTES = 64 * 1024
"""The limit of a document."""

MOST_NAME = 200
MOST_FACT = 250
_NAME_SIGNS = frozenset("_.:/%&#=+\\-@ ")
_HEXADECIMAL = frozenset("0123456789abcdef")

SERVICES = {"dynamodb": "DynamoDB", "s3": "S3", "secretsmanager": "SecretsManager", "ses": "SES"}
"""AWS services by the names that X-Ray knows."""

Document = dict[str, Any]


class Daemon:
    """Sends documents to the daemon at an address such as `169.254.100.1:2000`.

    It never waits and never raises. Without a daemon, documents are lost. With an address that is not IPv4 with a port
    none are sent: a name would have to be resolved first.
    """

    def __init__(self, address: str) -> None:
        host, _, port = address.partition(":")
        self._address = (host, int(port)) if _is_ipv4(host) and _is_port(port) else None
        self._socket: _socket.socket | None = None

    def send(self, document: Document) -> None:
        """Send a document, unless it is larger than X-Ray takes."""
        try:
            message = HEADER + msgspec.json.encode(document)
            if self._address is None or len(message) > MOST_BYTES:
                return
            if self._socket is None:
                self._socket = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
                self._socket.setblocking(False)
            self._socket.sendto(message, self._address)
        except (OSError, ValueError):
            pass  # a full buffer, no network, or a text that is not Unicode

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()


def sampled(header: str) -> tuple[str, str] | None:
    """Return the ids of the trace and of the segment that a header names, None if the trace is not to be recorded."""
    fields = dict(part.strip().partition("=")[::2] for part in header.split(";"))
    trace, parent = fields.get("Root", ""), fields.get("Parent", "")
    if fields.get("Sampled") != "1" or not _is_trace(trace) or not _is_id(parent):
        return None
    return trace, parent


def document_of(root: Root, trace: str, parent: str) -> Document:
    """Return the subsegment of a whole piece of work, with its parts in it."""
    facts: Document = {name: fact[:MOST_FACT] if isinstance(fact, str) else fact for name, fact in root.facts.items()}
    if root.left_out:
        facts["left_out"] = root.left_out
    own: Document = {"type": "subsegment", "trace_id": trace, "parent_id": parent, "annotations": facts}
    return _subsegment(root) | own | _outcome(int(facts.get("status", 0)), has_failed=root.has_failed)


def _subsegment(span: Span) -> Document:
    found: Document = {
        "id": os.urandom(8).hex(),
        "name": _name(span.name),
        "start_time": span.began,
        "end_time": span.ended,
    }
    if isinstance(span, Call):
        found |= _call(span)
    elif span.has_failed:
        found["fault"] = True
    if span.parts:
        found["subsegments"] = [_subsegment(part) for part in span.parts if part.ended]
    return found


def _call(call: Call) -> Document:
    response = {"response": {"status": call.status}} if call.status else {}
    outcome = _outcome(call.status, has_failed=call.has_failed and not call.status)
    if not call.service:
        request = {"method": call.method, "url": f"https://{call.host}/"}
        return {"namespace": "remote", "http": {"request": request, **response}, **outcome}
    about: Document = {"operation": call.operation or call.method, "retries": max(0, call.attempts - 1)}
    if call.tables:
        about["table_name"] = ",".join(call.tables)[:MOST_FACT]
    name = SERVICES.get(call.service, call.service)
    return {"name": _name(name), "namespace": "aws", "aws": about, "http": response, **outcome}


def _outcome(status: int, *, has_failed: bool) -> Document:
    """Return whether a call ended with a fault, which is the server's, or an error, which is the caller's."""
    if has_failed or status >= 500:
        return {"fault": True}
    if status == 429:
        return {"error": True, "throttle": True}
    return {"error": True} if status >= 400 else {}


@lru_cache(maxsize=256)
def _name(text: str) -> str:
    """Return a text with the signs that a name may have."""
    return "".join(sign for sign in text if sign.isalnum() or sign in _NAME_SIGNS)[:MOST_NAME]


def _is_trace(text: str) -> bool:
    version, _, rest = text.partition("-")
    moment, _, digits = rest.partition("-")
    return version == "1" and len(moment) == 8 and len(digits) == 24 and _HEXADECIMAL.issuperset(moment + digits)


def _is_id(text: str) -> bool:
    return len(text) == 16 and _HEXADECIMAL.issuperset(text)


def _is_ipv4(text: str) -> bool:
    try:
        return bool(_socket.inet_pton(_socket.AF_INET, text))
    except OSError:
        return False


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= 65535
