"""Finds requests in what a client sends, with the parser of httptools, and bounds them.

The parser is llhttp, which Node.js uses, in its strict mode. It refuses two lengths, a length beside chunks, bare line
feeds and folded fields. This file decides how large a request may be, and what is answered to something that is none.
"""

import traceback
from enum import Enum, auto
from typing import Protocol

import httptools

from shopkeeper.http import ApiError, BadRequest, ContentTooLarge
from shopkeeper.http.binding import MAX_BODY_BYTES
from shopkeeper.http.errors import CodingNotKnown, HeaderTooLarge, MethodNotKnown, TargetTooLong
from shopkeeper.runtime.machine import limits
from shopkeeper.runtime.machine.requests import Head

VERSIONS = ("1.1", "1.0")


class Phase(Enum):
    """Where in a request a client is."""

    BETWEEN = auto()
    HEAD = auto()
    BODY = auto()
    DONE = auto()
    """No further request is read."""


class Listener(Protocol):
    """What is informed of requests."""

    def begins(self) -> None:
        """A request begins."""
        ...

    def expects_body(self) -> None:
        """The header of a request is complete, and its body is not."""
        ...

    def most_body(self, head: Head) -> int:
        """Return how many bytes the body of this request may have. Called only for a body that may be large."""
        ...

    def takes(self, head: Head, body: bytes, fault: ApiError | None, *, keeps_alive: bool) -> None:
        """A request is complete, or its rest is not wanted. `fault` is what is wrong with its body."""
        ...

    def refuses(self, head: Head, error: ApiError) -> None:
        """Something is not a request. Nothing after it is read."""
        ...

    def cut(self) -> None:
        """There was an error in our code."""
        ...


class RequestReader:
    """Reads the requests of one connection, one after the other."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._parser = httptools.HttpRequestParser(self)
        self._phase = Phase.BETWEEN
        self._head = Head()
        self._taken = 0
        self._body = bytearray()
        self._body_bytes = 0
        self._most_body = MAX_BODY_BYTES
        self._fault: ApiError | None = None

    @property
    def is_done(self) -> bool:
        """Whether no further request is read."""
        return self._phase is Phase.DONE

    @property
    def is_in_request(self) -> bool:
        """Whether a request has begun and not ended."""
        return self._phase in (Phase.HEAD, Phase.BODY)

    @property
    def is_in_body(self) -> bool:
        """Whether the header of a request is complete, and its body is not."""
        return self._phase is Phase.BODY

    @property
    def is_in_large_body(self) -> bool:
        """Whether the incomplete body may be larger than usual."""
        return self.is_in_body and self._most_body > MAX_BODY_BYTES

    @property
    def awaits_continue(self) -> bool:
        """Whether the client waits for `100 Continue` before it sends the body."""
        return self.is_in_body and self._head.expects_continue and not self._body_bytes

    @property
    def held(self) -> int:
        """How many bytes of a body that is not complete are kept."""
        return len(self._body)

    def stop(self) -> None:
        """Read no further request."""
        self._phase = Phase.DONE
        self._body = bytearray()

    def close(self) -> None:
        """Release the parser, which refers to this reader."""
        self.stop()
        self._parser = None

    def refuse(self, error: ApiError) -> None:
        """Report that something is not a request, and read no further one."""
        self.stop()
        self._listener.refuses(self._head, error)

    def feed(self, data: bytes) -> None:
        """Look at what the client sent, at most `limits.SLICE_BYTES` of it."""
        head = self._head
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # the request was taken as it is (RFC 9110, section 7.8), and nothing after it can be read
        except httptools.HttpParserInvalidMethodError:
            self.refuse(MethodNotKnown())
        except httptools.HttpParserInvalidURLError:
            self.refuse(BadRequest("The path and the query must be percent-encoded (RFC 3986)."))
        except httptools.HttpParserCallbackError:
            traceback.print_exc()
            self._listener.cut()
        except httptools.HttpParserError:
            # After `Connection: close` or the last request that is taken, the rest means nothing.
            if not self.is_done:
                self.refuse(BadRequest("The request is not valid HTTP/1.1."))
        # The parser keeps a line until it is complete, also in a trailer.
        self._taken = self._taken + len(data) if self._head is head else 0
        if self._phase is Phase.HEAD and self._taken > limits.MOST_HEAD_BYTES + limits.SLICE_BYTES:
            self.refuse(HeaderTooLarge())
        elif self._phase is Phase.BODY and self._taken - self._body_bytes > limits.MOST_FRAMING_BYTES:
            self.refuse(_too_large(self._most_body))

    # What the parser tells

    def on_message_begin(self) -> None:
        """A request begins."""
        if self.is_done:
            return
        self._phase = Phase.HEAD
        self._head = Head()
        self._fault = None
        self._listener.begins()

    def on_url(self, url: bytes) -> None:
        """Take the request's target, or a part of it."""
        if self._phase is Phase.HEAD:
            self._head.target += url
            if len(self._head.target) > limits.MOST_TARGET_BYTES:
                self.refuse(TargetTooLong())

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the header. Fields behind a body in chunks mean nothing to any endpoint."""
        if self._phase is Phase.HEAD:
            self._head.add(name, value)
            if self._head.fields > limits.MOST_HEADER_FIELDS or self._head.size > limits.MOST_HEAD_BYTES:
                self.refuse(HeaderTooLarge())

    def on_headers_complete(self) -> None:
        """Look at what the header says of the body."""
        if self._phase is not Phase.HEAD:
            return
        head = self._head
        head.method = self._parser.get_method().decode("ascii")
        head.version = self._parser.get_http_version()
        if head.version not in VERSIONS or not head.names_its_host:
            self.refuse(BadRequest("The request is not valid HTTP/1.1, or names no host."))
        elif head.coding not in ("", "chunked"):
            self.refuse(CodingNotKnown())
        elif head.announces_body:
            self._expect_body(head)

    def on_body(self, part: bytes) -> None:
        """Take a part of a body, as far as an endpoint may want it."""
        if self._phase is not Phase.BODY:
            return
        self._body_bytes += len(part)
        if self._fault is not None or self._body_bytes > self._most_body:
            self._fault = self._fault or _too_large(self._most_body)
            self._body = bytearray()
            if self._body_bytes > limits.MOST_DISCARDED:
                self._take(keeps_alive=False)
        else:
            self._body += part

    def on_message_complete(self) -> None:
        """A request is complete."""
        if not self.is_done:
            keeps_alive = self._parser.should_keep_alive() and not self._parser.should_upgrade()
            # To send chunks is a fault of a client of HTTP/1.0 (RFC 9112, section 6.1).
            self._take(keeps_alive=keeps_alive and (self._head.takes_chunks or not self._head.coding))

    def _expect_body(self, head: Head) -> None:
        self._phase = Phase.BODY
        self._body_bytes = 0
        is_small = 0 < head.length <= MAX_BODY_BYTES
        self._most_body = MAX_BODY_BYTES if is_small else self._listener.most_body(head)
        if head.length > self._most_body:
            self._fault = _too_large(self._most_body)
            if head.length > limits.MOST_DISCARDED or head.expects_continue:
                self._take(keeps_alive=False)
                return
        self._listener.expects_body()

    def _take(self, *, keeps_alive: bool) -> None:
        body = bytes(self._body)
        self._phase = Phase.BETWEEN if keeps_alive else Phase.DONE
        self._body = bytearray()
        self._listener.takes(self._head, body, self._fault, keeps_alive=keeps_alive)


def _too_large(most: int) -> ContentTooLarge:
    return ContentTooLarge(f"The body is larger than {most} bytes.")
