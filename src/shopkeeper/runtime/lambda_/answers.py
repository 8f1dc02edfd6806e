"""What Lambda is answered: a response as the JSON object that gateways and load balancers read.

Sources: Amazon API Gateway Developer Guide, "Output format of a Lambda function for proxy integration"; AWS Lambda
Developer Guide, "Lambda quotas".
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from shopkeeper.base64 import b64encode
from shopkeeper.http import Application, Request, Response
from shopkeeper.http.content import close

if TYPE_CHECKING:
    from shopkeeper.runtime.lambda_.events import HttpEvent

Answer = dict[str, Any]

MOST_BYTES = 6 * 1024 * 1024 - 4096
"""The largest answer that Lambda takes from a function (6 MB of JSON), less the spaces that its own encoder adds."""

LONGEST_ESCAPE = 6
"""The bytes that one byte may become in JSON: those of `\\u0000`."""


class AnswerTooLarge(Exception):
    """The answer is larger than Lambda takes."""

    def __init__(self, most: int) -> None:
        super().__init__(f"The answer is larger than {most} bytes, which is the most that can be sent here.")


def answered(app: Application, event: "HttpEvent", request: Request) -> tuple[Response, Answer]:
    """Return the response to a request and its form for Lambda. A response that cannot be sent becomes an error."""
    response = app.handle(request)
    try:
        return response, event.answer(response)
    except Exception as error:  # noqa: BLE001  # an iterator may raise anything
        failure = msgspec.structs.replace(app.failed(request, error), metrics=response.metrics)
        return failure, event.answer(failure)


def answer_of(response: Response, most: int = MOST_BYTES) -> Answer:
    """Return a response as JSON has it: text as it is, all else as base64.

    The length is left out, which gateways find themselves (API Gateway would rename the field). Raises AnswerTooLarge
    for an answer of more than `most` bytes, and what an iterator raises.
    """
    body = _collected(response.body, most)
    text = _as_text(body, response.headers.get("Content-Type", ""))
    answer: Answer = {
        "statusCode": response.status,
        "headers": {name: value for name, value in response.headers.items() if name != "Content-Length"},
        "body": b64encode(body) if text is None else text,
        "isBase64Encoded": text is None,
    }
    if LONGEST_ESCAPE * len(body) > most // 2 and len(msgspec.json.encode(answer)) > most:
        raise AnswerTooLarge(most)
    return answer


def is_text(media_type: str) -> bool:
    """Tell whether a media type is one of text: `text/*`, JSON, XML (SVG among them) or JavaScript."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence.startswith("text/") or essence.endswith(("/json", "+json", "/xml", "+xml", "/javascript"))


def _as_text(body: bytes, media_type: str) -> str | None:
    """Return the text of a body, None where it must be sent as base64."""
    if body and not is_text(media_type):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _collected(body: bytes | Iterator[bytes], most: int) -> bytes:
    """Return a body whole. Raises AnswerTooLarge, and what an iterator raises."""
    if isinstance(body, bytes):
        return body
    whole = bytearray()
    try:
        for piece in body:
            whole += piece
            if len(whole) > most:
                raise AnswerTooLarge(most)
    finally:
        close(body)
    return bytes(whole)
