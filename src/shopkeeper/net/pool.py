"""Kept-alive connections to one host, shared among threads one request at a time."""

import os
import threading
import time
from collections.abc import Mapping

from shopkeeper.net.connection import (
    CONNECT_SECONDS,
    MAX_BODY_BYTES,
    Broken,
    Connection,
    NotSent,
    Reply,
    Trust,
    connect,
    encode_request,
)

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
        self._connecting: threading.Thread | None = None

    def connect_early(self) -> None:
        """Begin to connect, in a thread, so that the first request need not. If that fails, the request connects."""
        self._connecting = threading.Thread(target=self._connect, daemon=True)
        self._connecting.start()

    def _connect(self) -> None:
        try:
            connection = connect(self._host, self._port, self._trust, time.monotonic() + CONNECT_SECONDS)
        except NotSent:
            return
        self._idle.append(connection)

    def _await_early(self) -> None:
        """Wait for the connection that is being made early. It takes no longer than one that is made now."""
        if (connecting := self._connecting) is not None:
            connecting.join()
            self._connecting = None

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
        self._await_early()
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> Connection | None:
        """Return an idle connection that is still good; those of a parent process are not ours."""
        if self._pid != os.getpid():
            self._pid, self._idle, self._connecting = os.getpid(), [], None
        self._await_early()
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if connection.is_quiet():
                return connection
            connection.close()
