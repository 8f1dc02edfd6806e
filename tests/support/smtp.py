"""An SMTP server for tests. It keeps what it takes, and misbehaves as told."""

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

SECONDS = 20.0
DRIP_SECONDS = 0.02

Answers = Mapping[str, bytes | None]
"""The answer to a command, by its first word in capitals, or by `DATA.` for that to the message. None hangs up."""

GOOD: Answers = {
    "HELLO": b"220 test ready",
    "EHLO": b"250-test\r\n250 SIZE 1000000",
    "HELO": b"250 test",
    "MAIL": b"250 2.1.0 ok",
    "RCPT": b"250 2.1.5 ok",
    "DATA": b"354 go on",
    "DATA.": b"250 2.0.0 taken",
    "AUTH": b"235 2.7.0 welcome",
    "RSET": b"250 ok",
    "QUIT": b"221 bye",
}


class SmtpServer:
    """Takes messages on a port of loopback, each connection in a thread."""

    def __init__(self, *, context: ssl.SSLContext | None = None, is_implicit: bool = False) -> None:
        """With `context` it offers STARTTLS, or speaks TLS from the first byte."""
        self.context = context
        self.is_implicit = is_implicit
        self.answers: dict[str, bytes | None] = {}
        self.drips = False
        """Answer a byte at a time, without an end."""
        self.hangs_up_in_data = False
        self.taken: list[tuple[str, bytes]] = []
        """The recipient and the message of everything that was taken, whether or not the answer arrived."""
        self.commands: list[str] = []
        self.was_encrypted: list[bool] = []
        self.arrived = threading.Condition()
        self.closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def messages(self) -> list[EmailMessage]:
        """What was taken, parsed."""
        return [parsed(message) for _, message in self.taken]

    def await_messages(self, number: int) -> list[EmailMessage]:
        """Wait until so many messages were taken, and return all."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.taken) >= number, SECONDS), f"{self.messages} {self.commands}"
        return self.messages

    def close(self) -> None:
        """End every connection."""
        self.closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(SECONDS)

    def _start(self, work: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            peer.settimeout(SECONDS)
            self._start(self._serve, peer)

    def _serve(self, peer: socket.socket) -> None:
        with suppress(OSError, _HungUp):
            try:
                if self.is_implicit and self.context is not None:
                    peer = self.context.wrap_socket(peer, server_side=True)
                self._converse(peer)
            finally:
                peer.close()

    def _converse(self, peer: socket.socket) -> None:
        self._answer(peer, "HELLO")
        self._go_on(peer)

    def _go_on(self, peer: socket.socket) -> None:
        lines = peer.makefile("rb")
        recipient = ""
        while line := lines.readline():
            text = line.decode().strip()
            self.commands.append(text)
            word = text.split(" ")[0].upper()
            if word == "STARTTLS" and self.context is not None:
                peer.sendall(b"220 go on\r\n")
                with self.context.wrap_socket(peer, server_side=True) as encrypted:
                    self._go_on(encrypted)
                return
            if word == "RCPT":
                recipient = text.partition("<")[2].partition(">")[0]
            self._answer(peer, word)
            if word == "DATA" and self._of("DATA") == GOOD["DATA"]:
                self._take(peer, lines, recipient)
            if word == "QUIT":
                return

    def _take(self, peer: socket.socket, lines: Any, recipient: str) -> None:
        message = b""
        while (line := lines.readline()) != b".\r\n":
            if not line or self.hangs_up_in_data:
                raise _HungUp
            message += line[1:] if line.startswith(b".") else line
        answer = self._of("DATA.")
        if answer is None or answer.startswith(b"2"):
            with self.arrived:
                self.taken.append((recipient, message))
                self.was_encrypted.append(isinstance(peer, ssl.SSLSocket))
                self.arrived.notify_all()
        self._answer(peer, "DATA.")

    def _of(self, word: str) -> bytes | None:
        if word in self.answers:
            return self.answers[word]
        good = GOOD.get(word, b"502 not known")
        offers = self.context is not None and not self.is_implicit
        return b"250-test\r\n250-AUTH PLAIN\r\n250 STARTTLS" if word == "EHLO" and offers else good

    def _answer(self, peer: socket.socket, word: str) -> None:
        while self.drips and not self.closing.wait(DRIP_SECONDS):
            peer.sendall(b"2")
        answer = self._of(word)
        if answer is None:
            raise _HungUp
        peer.sendall(answer + b"\r\n")


class _HungUp(Exception):
    """The server ends the connection."""


@contextmanager
def smtp_server(*, context: ssl.SSLContext | None = None, is_implicit: bool = False) -> Iterator[SmtpServer]:
    """Run a server until the block is left."""
    server = SmtpServer(context=context, is_implicit=is_implicit)
    try:
        yield server
    finally:
        server.close()


def parsed(message: bytes) -> EmailMessage:
    """Return a message as a reader sees it."""
    found = message_from_bytes(message, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def part(message: EmailMessage, kind: str) -> str:
    """Return the `plain` or the `html` part of a message."""
    body = message.get_body((kind,))
    assert body is not None
    content: str = body.get_content()
    return content
