"""A server that shakes hands over TLS and says nothing after that."""

import socket
import ssl
import threading
from contextlib import suppress

import trustme


class TlsServer:
    """Listens on loopback with a certificate for a name, and notes which name it was asked for."""

    def __init__(self, authority: trustme.CA, name: str) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(self._context)
        self._context.sni_callback = lambda _, asked, __: self.asked.append(asked)
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, suppress(OSError), self._context.wrap_socket(connection, server_side=True) as encrypted:
                encrypted.recv(1)

    def close(self) -> None:
        self._listener.close()
