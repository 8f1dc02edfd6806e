"""One log line and one metrics object for every request, each a line of JSON on standard output.

The metrics are CloudWatch's embedded metric format. Log lines carry the names that Powertools for AWS Lambda
gives its own, so that queries written for those find ours.
"""

import io
import os
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

import msgspec

from shopkeeper.clock import rfc3339, utc_now
from shopkeeper.http import Request, Response
from shopkeeper.runtime.telemetry.emf import embedded_metrics
from shopkeeper.settings import Settings

MAX_USER_AGENT = 100
MAX_PATH = 200
MAX_ERROR = 200
MAX_TRACEBACK = 20_000
MAX_NOTE = 400
MOST_NOTES = 100
"""Different notes that are written, once each; what callers send makes them, and so they must have an end."""

RANKS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
"""A line is shown where its level is not below that of `LOG_LEVEL`."""


class Output:
    """Standard output, written at once: on Lambda the platform reads it, and the process stops after the answer.

    An output raises nothing: one that fails loses lines, it must not lose requests.
    """

    def __init__(self, _: Callable[[int], bytes]) -> None:
        # A service without an output must serve all the same.
        self._stream = sys.stdout or open(os.devnull, "w")  # noqa: SIM115, PTH123
        if isinstance(self._stream, io.TextIOWrapper):
            self._stream.reconfigure(encoding="utf-8")  # JSON is, whatever the locale

    def write(self, lines: bytes) -> None:
        """Write the whole lines of one request."""
        try:
            self._stream.write(lines.decode())
            self._stream.flush()
        except (OSError, ValueError):
            pass  # a closed pipe

    def close(self) -> None:
        """Write what waits, as far as the output takes it; here nothing does."""


class Telemetry:
    """Tells the operator about requests, without addresses, tokens or bodies.

    `output` makes what the lines are written to; it is given what tells of requests that lost theirs.
    """

    def __init__(
        self, service: str, settings: Settings, output: Callable[[Callable[[int], bytes]], Output] = Output
    ) -> None:
        self._dimensions = {"service": service, "stage": settings.stage}
        self._common = {**self._dimensions, **({"colour": settings.colour} if settings.colour else {})}
        self._rank = RANKS[settings.log_level]
        self._output = output(self._dropped)
        self._notes: set[str] = set()
        self._notes_turn = threading.Lock()
        self._cold = True

    def record(self, request: Request, response: Response, seconds: float) -> None:
        """Write the request's line and its metrics; `seconds` is how long it took."""
        cold, self._cold = self._cold, False
        milliseconds = round(seconds * 1000, 3)
        values: dict[str, float] = {"RequestCount": 1, "RequestLatency": milliseconds, **response.metrics}
        if cold:
            values["ColdStart"] = 1
        lines = [embedded_metrics(self._dimensions, values)]
        error = response.error
        level = "INFO" if error is None else "ERROR"
        if self._shows(level):
            lines.insert(0, self._request_line(level, request, response, milliseconds, cold))
        if response.note and self._shows("WARNING") and self._is_news(response.note):
            note = self._line("WARNING", _text(response.note, MAX_NOTE))
            lines.insert(0, note | {"requestId": request.request_id})
        self._output.write(_encode(lines))

    def refuse(self, request_id: str, error: Exception) -> None:
        """Write the line of an invocation that is no request; it counts for none."""
        if self._shows("ERROR"):
            line = self._line("ERROR", "event refused") | {"requestId": _text(request_id, MAX_ERROR)}
            self._output.write(_encode([line | _fault(error) | _trace()]))

    def close(self) -> None:
        """Write what waits, as far as the output takes it."""
        self._output.close()

    def _dropped(self, requests: int) -> bytes:
        """Return the lines that tell how many requests have none, since nobody read the output."""
        lines = [embedded_metrics(self._dimensions, {"LogLinesDropped": requests})]
        if self._shows("WARNING"):
            lines.insert(0, self._line("WARNING", "log lines dropped") | {"requests": requests})
        return _encode(lines)

    def _shows(self, level: str) -> bool:
        return RANKS[level] >= self._rank

    def _is_news(self, note: str) -> bool:
        """Tell whether a note has not been written yet; beyond a number of different ones none is."""
        with self._notes_turn:
            if note in self._notes or len(self._notes) >= MOST_NOTES:
                return False
            self._notes.add(note)
            return True

    def _line(self, level: str, message: str) -> dict[str, object]:
        return {"level": level, "message": message, "timestamp": rfc3339(utc_now()), **self._common}

    def _request_line(
        self, level: str, request: Request, response: Response, milliseconds: float, cold: bool
    ) -> dict[str, object]:
        line = self._line(level, "request") | {
            "requestId": request.request_id,
            "path": _text(request.path, MAX_PATH),
            "httpMethod": _text(request.method, MAX_USER_AGENT),
            "status": response.status,
            "durationMs": milliseconds,
            "coldStart": cold,
            "userAgent": _text(request.headers.get("user-agent", ""), MAX_USER_AGENT),
        }
        if response.error is not None:
            line |= _fault(response.error)
        return line | _trace()


def _fault(error: Exception) -> dict[str, object]:
    kind = type(error).__name__
    return {
        "errorType": kind,
        "exception_name": kind,
        "errorMessage": _text(str(error), MAX_ERROR),
        "exception": _text("".join(traceback.format_exception(error)), MAX_TRACEBACK),
    }


def _trace() -> dict[str, object]:
    trace = os.environ.get("_X_AMZN_TRACE_ID")  # no setting: Lambda sets it anew at each invocation
    return {"xray_trace_id": trace.partition(";")[0].removeprefix("Root=")} if trace else {}


def _encode(lines: list[dict[str, Any]]) -> bytes:
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def _text(text: str, most: int) -> str:
    """Cut a text; halves of surrogate pairs, which a JSON event may hold and UTF-8 may not, are spelt out."""
    return text[:most].encode("utf-8", "backslashreplace").decode()
