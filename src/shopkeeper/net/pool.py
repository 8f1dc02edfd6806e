"""Kept-alive connections to one host, shared among threads one request at a time."""

import os
from collections.abc import Mapping

from shopkeeper.net.connection import MAX_BODY_BYTES, Broken, Connection, Reply, Trust, connect, encode_request

MAX_IDLE = 32


class ConnectionPool:
    """Requests to one host and port, over TLS if `trust` is given."""

    def __init__(self, host: str, port: int, trust: Trust | None = None, max_body: int = MAX_BODY_BYTES) -> None:
        self._host = host
        self._port = port
        self._trust = trust
        self._max_body = max_body
        self._idle: list[Connection] = []
        self._pid = os.getpid()

    def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes, deadline: float) -> Reply:
        """Send a request and return its answer before `deadline` (of `time.monotonic`).

        `headers` are sent as they are, `host` must be among them. An answer must tell its length. Raises NotSent
        or Broken, and ValueError for a request that cannot be sent.
        """
        message = encode_request(method, target, headers, body)
        connection = self._take() or connect(self._host, self._port, self._trust, deadline)
        try:
            reply = connection.exchange(message, deadline, self._max_body)
        except Broken:
            connection.close()
            raise
        if connection.reusable and len(self._idle) < MAX_IDLE:
            self._idle.append(connection)
        else:
            connection.close()
        return reply

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> Connection | None:
        """Return an idle connection that is still good; those of a parent process are not ours."""
        if self._pid != os.getpid():
            self._pid, self._idle = os.getpid(), []
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if connection.is_quiet():
                return connection
            connection.close()
