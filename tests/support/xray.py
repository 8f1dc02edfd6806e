"""X-Ray's daemon: a socket that takes documents by UDP, and holds each to what AWS documents of them."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

SCHEMA = jsonschema_rs.Draft202012Validator(
    json.loads((Path(__file__).parents[1] / "data" / "xray-subsegment.schema.json").read_text())
)
HEADER = b'{"format":"json","version":1}\n'
MOST_BYTES = 64 * 1024
TRACE, PARENT = "1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
SAMPLED = f"Root={TRACE};Parent={PARENT};Sampled=1"

Document = dict[str, Any]


class Daemon:
    """Listens on loopback."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"

    def documents(self) -> Iterator[Document]:
        """Yield the documents that have arrived. On loopback that is before `sendto` returns."""
        while True:
            try:
                message = self._socket.recv(2 * MOST_BYTES)
            except BlockingIOError:
                return
            assert message.startswith(HEADER)
            assert len(message) <= MOST_BYTES
            document: Document = json.loads(message.removeprefix(HEADER))
            SCHEMA.validate(document)
            yield document

    def document(self) -> Document:
        """Return the one document that has arrived."""
        (document,) = self.documents()
        assert (document["trace_id"], document["parent_id"]) == (TRACE, PARENT)
        return document

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def calls(document: Document) -> list[Document]:
    """Return the calls of other machines in a document, in their order."""
    found = [document] if "namespace" in document else []
    return [*found, *(call for part in document.get("subsegments", []) for call in calls(part))]
