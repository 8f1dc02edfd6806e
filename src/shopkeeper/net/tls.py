"""Whom to trust over TLS, and sockets that encrypt.

Python's `ssl` and `socket` make enumerations of all constants of OpenSSL and of the system, which takes a twentieth of
a cold start. So what they wrap is used itself. All that is checked of a peer is checked below them: its certificates,
its name, and that the connection ends with TLS's close message.
"""

import _ssl
from typing import Any

from shopkeeper.net.connection import Socket

AMAZON_ROOTS = f"{__file__.rpartition('/')[0]}/amazon_roots.pem"
"""Amazon's own published roots, which load in a tenth of the system store's time."""


class EncryptedSocket:
    """A socket after the handshake, with those of its methods that a connection uses."""

    def __init__(self, peer: Socket, session: Any) -> None:
        """`session` is OpenSSL's side of the connection. It reads from `peer`, and keeps to its timeout."""
        self._peer = peer
        self._session = session
        self.settimeout = peer.settimeout
        self.fileno = peer.fileno

    def recv(self, most: int) -> bytes:
        """Return what there is, at most so many bytes, and none at the end. Raises OSError."""
        data: bytes = self._session.read(most)
        return data

    def pending(self) -> int:
        """Return how many bytes are decrypted already."""
        count: int = self._session.pending()
        return count

    def sendall(self, message: bytes) -> None:
        """Send a whole message. Raises OSError."""
        left = memoryview(message)
        while left:
            left = left[self._session.write(left) :]

    def close(self) -> None:
        """Close the socket. The session must not outlive it: the system gives its number to the next one."""
        self._session = None
        self._peer.close()


class TrustStore:
    """Verifies servers by a file of certificates, or by the system's store."""

    def __init__(self, certificates: str | None = None, *, fallback: bool = False) -> None:
        """Load a file of certificates, without one the system's store. Raises OSError if it cannot be read.

        With `fallback`, the system's store takes the place of the file once the file does not verify a server,
        such as a proxy; that connection has failed, and the next ones use it.
        """
        self._fallback = fallback
        self._context = _systems_store() if certificates is None else _context(certificates)

    def wrap(self, connection: Socket, host: str) -> EncryptedSocket:
        """Shake hands with `host` and return the encrypted socket. Raises OSError.

        A connection that ends without TLS's close message is an error, so that nobody can cut an answer short.
        """
        name = host if host.isascii() else host.encode("idna").decode("ascii")
        session = self._context._wrap_socket(connection, server_side=False, server_hostname=name)  # type: ignore[attr-defined]
        try:
            session.do_handshake()
        except _ssl.SSLCertVerificationError:
            if self._fallback:
                self._fallback = False
                self._context = _systems_store()
            raise
        return EncryptedSocket(connection, session)


def _context(certificates: str) -> _ssl._SSLContext:
    """Return a context that verifies the certificates and the name of every server, as this protocol does by itself."""
    context = _ssl._SSLContext(_ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = _ssl.PROTO_TLSv1_2
    context.load_verify_locations(certificates)
    return context


def _systems_store() -> _ssl._SSLContext:
    import ssl  # a function trusts Amazon's roots alone

    return ssl.create_default_context()
