"""Whom to trust over TLS."""

import socket
import ssl

AMAZON_ROOTS = f"{__file__.rpartition('/')[0]}/amazon_roots.pem"
"""Amazon's own published roots, which load in a tenth of the system store's time."""


class TrustStore:
    """Verifies servers by a file of certificates, or by the system's store."""

    def __init__(self, certificates: str | None = None, *, fallback: bool = False) -> None:
        """Load a file of certificates, without one the system's store. Raises OSError if it cannot be read.

        With `fallback`, the system's store takes the place of the file once the file does not verify a server,
        such as a proxy; that connection has failed, and the next ones use it.
        """
        self._fallback = fallback
        self._context = ssl.create_default_context() if certificates is None else _context(certificates)

    def wrap(self, connection: socket.socket, host: str) -> ssl.SSLSocket:
        """Shake hands with `host` and return the encrypted socket. Raises OSError.

        A connection that ends without TLS's close message is an error, so that nobody can cut an answer short.
        """
        try:
            name = host.encode() if host.isascii() else host  # a text would load the codec for IDNA, see `resolve`
            return self._context.wrap_socket(connection, server_hostname=name, suppress_ragged_eofs=False)
        except ssl.SSLCertVerificationError:
            if self._fallback:
                self._fallback = False
                self._context = ssl.create_default_context()
            raise


def _context(certificates: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certificates)
    return context
