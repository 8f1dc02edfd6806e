"""Whom to trust over TLS: Amazon's own published roots, which load in a tenth of the system store's time."""

import socket
import ssl
from collections.abc import Mapping
from pathlib import Path

from shopkeeper.errors import ConfigurationError

AMAZON_ROOTS = Path(__file__).with_name("amazon_roots.pem")


class TrustStore:
    """Verifies a server by Amazon's roots, or by `AWS_CA_BUNDLE` where that is set.

    Where Amazon's roots do not verify a server (a proxy, another cloud), the system's store is tried
    once and kept.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Load the certificates. Raises ConfigurationError if `AWS_CA_BUNDLE` cannot be read."""
        bundle = environment.get("AWS_CA_BUNDLE")
        self._fallback = not bundle
        try:
            self._context = _context(Path(bundle) if bundle else AMAZON_ROOTS)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigurationError(f"AWS_CA_BUNDLE {bundle!r} cannot be read: {error}.") from None

    def wrap(self, connection: socket.socket, host: str) -> ssl.SSLSocket:
        """Shake hands with `host` and return the encrypted socket. Raises OSError."""
        try:
            return self._context.wrap_socket(connection, server_hostname=host)
        except ssl.SSLCertVerificationError:
            if not self._fallback:
                raise
            self._fallback = False
            self._context = ssl.create_default_context()
            raise


def _context(bundle: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(bundle)
    return context
