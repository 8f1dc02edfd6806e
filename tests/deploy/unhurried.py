"""Runs ministack, which lets Terraform wait a little for each answer: `unhurried.py`, by its own interpreter.

An answer that arrives within microseconds, while the AWS SDK for Go still closes the request's body, is lost to
it: it drops the connection and sends the request again, and what it wanted to create is there already. Across
a network nothing answers as fast as that.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ministack import app as ministack

SECONDS = 0.01

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_answer = ministack.app


async def unhurried(scope: Message, receive: Receive, send: Send) -> None:
    """Answer as ministack does, Terraform's requests a moment later."""

    async def later(message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(SECONDS)
        await send(message)

    by_terraform = b"Terraform" in dict(scope.get("headers", ())).get(b"user-agent", b"")
    await _answer(scope, receive, later if by_terraform else send)


if __name__ == "__main__":
    ministack.app = unhurried
    ministack.main()
