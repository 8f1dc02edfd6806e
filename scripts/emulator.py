"""Run ministack, the emulator of AWS, by its own interpreter. The environment has its settings.

emulator.py

It lets Terraform wait a little for each answer. An answer that arrives within microseconds, while the AWS SDK for Go
still closes the request's body, is lost to it: it drops the connection and sends the request again, and what it wanted
to create is there already. Across a network nothing answers as fast as that.

Its policies take each request as one with TLS, which it does not speak: the buckets of packages that SAM and the
Serverless Framework make turn away any other.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

SECONDS = 0.01

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


def unhurried(app: App) -> App:
    """Return an application that answers as `app` does, Terraform's requests a moment later."""

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        async def later(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(SECONDS)
            await send(message)

        by_terraform = b"Terraform" in dict(scope.get("headers", ())).get(b"user-agent", b"")
        await app(scope, receive, later if by_terraform else send)

    return answer


def serve(around: Callable[[App], App] = unhurried) -> None:
    """Run ministack with something around its application, until a signal ends it."""
    from ministack import app as ministack
    from ministack.core import iam_evaluator

    def as_with_tls(source_ip: str, _: bool) -> None:
        iam_evaluator.pin_request_origin(source_ip, secure_transport=True)

    ministack.pin_request_origin = as_with_tls
    ministack.app = around(ministack.app)
    ministack.main()


def main() -> None:
    """Run it, or print the help."""
    argparse.ArgumentParser(
        prog="emulator.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter, allow_abbrev=False
    ).parse_args()
    serve()


if __name__ == "__main__":
    main()
