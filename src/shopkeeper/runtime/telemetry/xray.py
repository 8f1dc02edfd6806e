"""AWS X-Ray: what a function did within an invocation, as a subsegment that is sent to Lambda's daemon.

Sources: AWS X-Ray Developer Guide, "Segment documents", "Sending segment documents to the X-Ray daemon" and "Tracing
header"; AWS Lambda Developer Guide, "Defined runtime environment variables".
"""

import _socket  # see `net.tls`
import os
from collections.abc import Iterator
from functools import lru_cache
from types import TracebackType
from typing import Any

import msgspec

from shopkeeper.net.spans import Call, Root, Span

HEADER = b'{"format":"json","version":1}\n'
NAME = "shopkeeper"
MOST_BYTES = 64 * 1024
"""The limit of a document."""

MOST_NAME = 200
MOST_FACT = 250
_NAME_SIGNS = frozenset("_.:/%&#=+\\-@ ")
_HEXADECIMAL = "0123456789abcdef"

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


class Recorder:
    """Records the invocations of a process that are sampled, and sends each to the daemon."""

    def __init__(self, address: str, stage: str) -> None:
        self._daemon = Daemon(address)
        self._stage = stage

    def invocation(self, header: str) -> "Invocation | None":
        """Return what records the invocation that Lambda gave this header, None if it is not to be recorded."""
        ids = sampled(header)
        return None if ids is None else Invocation(self._daemon, *ids, self._stage)


class Invocation(Root):
    """An invocation, as a context manager. It sends itself when it ends."""

    __slots__ = ("_daemon", "_parent", "_trace")

    def __init__(self, daemon: Daemon, trace: str, parent: str, stage: str) -> None:
        super().__init__(NAME)
        self.facts["stage"] = stage
        self._daemon = daemon
        self._trace = trace
        self._parent = parent

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._daemon.send(document_of(self, self._trace, self._parent))


def sampled(header: str) -> tuple[str, str] | None:
    """Return the ids of the trace and of the segment that a header names, None if the trace is not to be recorded."""
    trace = parent = decision = ""
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == "Root":
            trace = value
        elif name == "Parent":
            parent = value
        elif name == "Sampled":
            decision = value
    return (trace, parent) if decision == "1" and _is_trace(trace) and _is_hexadecimal(parent, 16) else None


def document_of(root: Root, trace: str, parent: str) -> Document:
    """Return the subsegment of a whole piece of work, with its parts in it."""
    facts: Document = {name: fact[:MOST_FACT] if isinstance(fact, str) else fact for name, fact in root.facts.items()}
    if root.left_out:
        facts["left_out"] = root.left_out
    document = _subsegment(root, _new_ids(root.recorded + 1))
    document["type"] = "subsegment"
    document["trace_id"] = trace
    document["parent_id"] = parent
    document["annotations"] = facts
    _add_outcome(document, int(facts.get("status", 0)), root.failure)
    return document


def _new_ids(number: int) -> Iterator[str]:
    digits = os.urandom(8 * number).hex()
    return (digits[at : at + 16] for at in range(0, len(digits), 16))


def _subsegment(span: Span, ids: Iterator[str]) -> Document:
    found: Document = {
        "id": next(ids),
        "name": _name(span.name),
        "start_time": span.began,
        "end_time": span.ended,
    }
    if isinstance(span, Call):
        _add_call(found, span)
    elif span.failure:
        found["fault"] = True
    if span.parts:
        found["subsegments"] = [_subsegment(part, ids) for part in span.parts if part.ended]
    return found


def _add_call(found: Document, call: Call) -> None:
    http: Document = {"response": {"status": call.status}} if call.status else {}
    found["http"] = http
    if call.service:
        found["namespace"] = "aws"
        found["name"] = _name(SERVICES.get(call.service, call.service))
        found["aws"] = about = {"operation": call.operation or call.method, "retries": max(0, call.attempts - 1)}
        if call.tables:
            about["table_name"] = ",".join(call.tables)[:MOST_FACT]
    else:
        found["namespace"] = "remote"
        http["request"] = {"method": call.method, "url": f"https://{call.host}/"}
    _add_outcome(found, call.status, "" if call.status else call.failure)


def _add_outcome(found: Document, status: int, failure: str) -> None:
    """Say whether a call ended with a fault, which is the server's, or an error, which is the caller's."""
    if failure or status >= 500:
        found["fault"] = True
    elif status >= 400:
        found["error"] = True
        if status == 429:
            found["throttle"] = True


@lru_cache(maxsize=256)
def _name(text: str) -> str:
    """Return a text with the signs that a name may have."""
    return "".join(sign for sign in text if sign.isalnum() or sign in _NAME_SIGNS)[:MOST_NAME]


def _is_trace(text: str) -> bool:
    version, _, rest = text.partition("-")
    moment, _, digits = rest.partition("-")
    return version == "1" and _is_hexadecimal(moment, 8) and _is_hexadecimal(digits, 24)


def _is_hexadecimal(text: str, length: int) -> bool:
    return len(text) == length and not text.strip(_HEXADECIMAL)


def _is_ipv4(text: str) -> bool:
    try:
        return bool(_socket.inet_pton(_socket.AF_INET, text))
    except OSError:
        return False


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= 65535
