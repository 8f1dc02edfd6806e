"""Which SMTP server sends mails: an `smtp` or `smtps` URL, taken apart.

Ports are those of submission: 587 with STARTTLS, 465 with TLS from the first byte (RFC 8314, section 3).
"""

from urllib.parse import unquote, urlsplit

import msgspec

from shopkeeper.secret import Secret

PORTS = {"smtp": 587, "smtps": 465}
LOOPBACK = ("localhost", "127.0.0.1", "::1")
FORM = "must be of the form smtps://USER:PASSWORD@HOST:PORT or smtp://HOST:PORT"


class SmtpServer(msgspec.Struct, frozen=True):
    """An SMTP server, and who signs in to it; no `user` signs in to nobody.

    `is_encrypted` says that TLS begins with the connection.
    """

    host: str
    port: int
    is_encrypted: bool
    user: str = ""
    password: Secret = Secret("")

    @property
    def needs_starttls(self) -> bool:
        """Whether the server must offer STARTTLS: on a plain connection that leaves this machine."""
        return not self.is_encrypted and self.host not in LOOPBACK


def parse_smtp_url(text: str) -> SmtpServer:
    """Return the parts of the URL of an SMTP server. User and password are percent-decoded.

    Raises ValueError, whose text says what the URL must be and repeats none of it.
    """
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(FORM)
    try:
        parts = urlsplit(text)
        port = parts.port
        usual = PORTS[parts.scheme]
        user, password = (unquote(part or "", errors="strict") for part in (parts.username, parts.password))
    except (ValueError, KeyError):
        raise ValueError(FORM) from None
    if not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment or port == 0:
        raise ValueError(FORM)
    if bool(user) != bool(password):
        raise ValueError("must have both a user and a password, or neither")
    if not (user + password).isprintable():
        raise ValueError("must have no control character in its user or password")
    return SmtpServer(parts.hostname, port or usual, parts.scheme == "smtps", user, Secret(password))
