"""From what the parser finds in a request to a `Request`."""

from typing import NoReturn
from urllib.parse import parse_qsl, urlsplit

from shopkeeper.http import ApiError, Request
from shopkeeper.http.message import decoded_segments
from shopkeeper.identifiers import uuid4

MOST_NAMES = 100
"""Names of a query that are looked at. No endpoint has nearly as many."""


class Head:
    """The start line and the fields of a request, while they arrive. Names of fields are in lower case."""

    __slots__ = ("fields", "headers", "hosts", "method", "size", "target", "version")

    def __init__(self) -> None:
        self.method = ""
        self.version = "1.1"
        self.target = b""
        self.headers: dict[str, str] = {}
        self.fields = 0
        self.size = 0
        self.hosts = 0

    def add(self, name: bytes, value: bytes) -> None:
        """Add a field. The values of one name are joined to a list (RFC 9110, section 5.3)."""
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self.fields += 1
        self.size += len(name) + len(value)
        self.hosts += key == "host"
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    @property
    def takes_chunks(self) -> bool:
        """Whether the client knows bodies in chunks."""
        return self.version != "1.0"

    @property
    def names_its_host(self) -> bool:
        """Whether there is one field `Host`, which HTTP/1.1 requires (RFC 9112, section 3.2)."""
        return self.hosts == 1 or (self.version == "1.0" and not self.hosts)

    @property
    def length(self) -> int:
        """The announced length of the body, 0 for none. The parser has refused what is not a number."""
        return int(self.headers.get("content-length") or 0)

    @property
    def coding(self) -> str:
        """The transfer coding of the body, an empty text for none."""
        return self.headers.get("transfer-encoding", "").lower()

    @property
    def announces_body(self) -> bool:
        """Whether a body follows."""
        return self.length > 0 or bool(self.coding)

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for `100 Continue` before it sends the body (RFC 9110, section 10.1.1)."""
        return self.takes_chunks and self.headers.get("expect", "").lower() == "100-continue"


def to_request(head: Head, body: bytes, fault: ApiError | None, peer: str) -> Request:
    """Return a request. What is wrong with its body is told to the endpoint that takes one."""

    def refuse() -> NoReturn:
        raise fault  # type: ignore[misc]  # there is one then

    path, query = _split(head.target)
    return Request(
        method=head.method,
        path=path,
        segments=decoded_segments(path),
        request_id=uuid4(),
        headers=head.headers,
        query=_query(query) if query else {},
        body=body,
        read=None if fault is None else refuse,
        client_address=peer,
    )


def no_request(head: Head, peer: str) -> Request:
    """Return a placeholder for something that is not a request, or not a complete one."""
    path, _ = _split(head.target)
    return Request(head.method, path, None, uuid4(), client_address=peer)


def _split(target: bytes) -> tuple[str, str]:
    """Return the path and the query of a request's target, which may be a whole URL (RFC 9112, section 3.2.2)."""
    text = target.decode("latin-1")
    if not text.startswith("/"):
        try:
            parts = urlsplit(text)
        except ValueError:
            return text, ""
        return (parts.path or "/", parts.query) if parts.scheme and parts.netloc else (text, "")
    path, _, query = text.partition("?")
    return path, query


def _query(text: str) -> dict[str, str]:
    """Return the first value of each of the first hundred names.

    Bytes that are not UTF-8 stay told apart, as lone surrogates.
    """
    query: dict[str, str] = {}
    raw = "&".join(text.split("&", MOST_NAMES)[:MOST_NAMES])
    for name, value in parse_qsl(raw, keep_blank_values=True, errors="surrogateescape"):
        query.setdefault(name, value)
    return query
