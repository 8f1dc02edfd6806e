"""Runs the emulator of AWS, which then tells what was asked for.

Its own interpreter runs `recording.py`. `GET /_permitted` answers the last request for which each permission of a role
was needed, as a list of `{"role", "action", "resource", "request"}`; `GET /_actions` the IAM actions that each access
key asked for, permitted or not, as a list of `[access key, action]`.
"""

import base64
import json
import sys
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from emulator import App, Message, Receive, Send, serve, unhurried  # of the repository

PERMITTED, ACTIONS = "/_permitted", "/_actions"

_asked: ContextVar[dict[str, Any] | None] = ContextVar("asked", default=None)
_permitted: dict[tuple[str, str, str], dict[str, Any]] = {}
_actions: set[tuple[str, str]] = set()
_enforce = iam_evaluator.enforce


def enforce(access_key: str, action: str, service: str, region: str, resource_arn: str = "*", **more: Any) -> Any:
    """Decide as ministack does. Keep the action, and the request if a role is permitted to do what it asks for."""
    _actions.add((access_key or "", action))
    denied = _enforce(access_key, action, service, region, resource_arn=resource_arn, **more)
    request = _asked.get()
    if denied is None and request is not None and access_key:
        arn = str(getattr(iam_evaluator.resolve_principal(access_key, get_account_id()), "arn", ""))
        if ":assumed-role/" in arn:
            _permitted[arn.split("/")[1], action, resource_arn] = {**request, "service": service}
    return denied


def recording(app: App) -> App:
    """Return an application that answers as `app` does and knows the requests that are being answered."""

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        if scope["path"] == PERMITTED:
            await _tell(send, _requests())
            return
        if scope["path"] == ACTIONS:
            await _tell(send, sorted(_actions))
            return
        body = bytearray()
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode()
        request: dict[str, Any] = {"method": scope["method"], "path": scope["path"], "query": query, "headers": headers}
        _asked.set(request)

        async def heard() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            request["body"] = base64.b64encode(body).decode()
            return message

        await app(scope, heard, send)

    return answer


def _requests() -> list[dict[str, Any]]:
    return [
        {"role": role, "action": action, "resource": resource, "request": request}
        for (role, action, resource), request in _permitted.items()
    ]


async def _tell(send: Send, answer: object) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


if __name__ == "__main__":
    iam_evaluator.enforce = enforce
    serve(lambda app: recording(unhurried(app)))
