"""The socket that a server listens on."""

import os
import socket

from shopkeeper.errors import ConfigurationError

BACKLOG = 1024
MOST_UNSENT_BYTES = 64 * 1024
"""How much of a connection's answers the system holds that it cannot send yet. Its own bound is 2.7 MB."""


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that has a port of a host, a free one for 0. Raises ConfigurationError.

    It does not listen yet: clients are refused until the server is ready.
    """
    try:
        (family, _, _, _, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, OverflowError):
        raise ConfigurationError(f"Cannot listen on {host}:{port}: there is no such address.") from None
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as after a restart
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # what a client does not read waits in this process, which bounds it
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MOST_UNSENT_BYTES)
    try:
        listening.bind(address[:2])
    except OSError as error:
        listening.close()
        raise taken(f"{host}:{port}", error) from None
    except OverflowError:
        listening.close()
        raise ConfigurationError(f"Cannot listen on {host}:{port}: there is no such port.") from None
    return listening


def taken(where: str, error: OSError) -> ConfigurationError:
    """Return the error for an address that cannot be listened on."""
    return ConfigurationError(f"Cannot listen on {where}: {os.strerror(error.errno or 0)}.")


def url_of(host: str, listening: socket.socket) -> str:
    """Return the URL of a host on the port of a socket."""
    return f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
