"""Answers that are sent piece by piece, from a thread of the pool through the server's event loop."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol


class Transport(Protocol):
    """What RSGI gives to send the pieces of a body by."""

    async def send_bytes(self, data: bytes) -> None:
        """Send a piece. Raises ProtocolClosed if the client has gone."""
        ...


def send_pieces(transport: Transport, pieces: Iterator[bytes], loop: asyncio.AbstractEventLoop) -> None:
    """Send every piece as it comes. Raises what the iterator raises, and ProtocolClosed if the client has gone."""

    async def send(piece: bytes) -> None:
        await transport.send_bytes(piece)

    for piece in pieces:
        if piece:
            asyncio.run_coroutine_threadsafe(send(piece), loop).result()


def cut_off(client: str) -> None:
    """Close the connection of a client, which is `ADDRESS:PORT` as RSGI has it.

    The server ends every body as if it were whole, and a client could not tell that one is not. What shows it is a
    connection that closes before the last chunk (RFC 9112, section 8), and the server has no way to ask for that.
    """
    host, _, port = client.rpartition(":")
    for descriptor in Path("/dev/fd").iterdir():
        with suppress(OSError):  # not a socket, or no connection
            connection = socket.socket(fileno=int(descriptor.name))
            try:
                peer = connection.getpeername()
                if [str(part) for part in peer[:2]] == [host.strip("[]"), port]:
                    connection.shutdown(socket.SHUT_RDWR)
            finally:
                connection.detach()
