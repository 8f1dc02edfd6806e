"""One log line and one metrics object for every request, each a line of JSON on standard output.

The metrics are CloudWatch's embedded metric format. Log lines carry the names that Powertools for AWS Lambda
gives its own, so that queries written for those find ours.
"""

import io
import os
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Mapping
from typing import Any

import msgspec

from shopkeeper.clock import rfc3339, utc_now
from shopkeeper.http import Request, Response
from shopkeeper.settings import Settings

NAMESPACE = "Shopkeeper"
MAX_USER_AGENT = 100
MAX_PATH = 200
MAX_ERROR = 200
MAX_TRACEBACK = 20_000
MAX_NOTE = 400
MOST_NOTES = 100
"""Different notes that are written, once each; what callers send makes them, and so they must have an end."""

MOST_PENDING = 1000
"""Requests whose lines may wait for another thread's write; beyond it an output that is stuck holds requests up."""

MOST_WRITES = 4
"""How often a request's thread writes before it leaves the rest, so that a slow output holds no request up."""

GOOD_ARE_SHOWN = ("DEBUG", "INFO")
WARNINGS_ARE_SHOWN = (*GOOD_ARE_SHOWN, "WARNING")
FAULTS_ARE_HIDDEN = ("CRITICAL",)
"""The levels at which requests without a fault and notes are written, and at which even faults are not."""


class Telemetry:
    """Tells the operator about requests, without addresses, tokens or bodies."""

    def __init__(self, service: str, settings: Settings) -> None:
        self._dimensions = {"service": service, "stage": settings.stage}
        self._common = {**self._dimensions, **({"colour": settings.colour} if settings.colour else {})}
        self._level = settings.log_level
        # A service without an output must serve all the same.
        self._output = sys.stdout or open(os.devnull, "w")  # noqa: SIM115, PTH123
        if isinstance(self._output, io.TextIOWrapper):
            self._output.reconfigure(encoding="utf-8")  # JSON is, whatever the locale
        self._pending: deque[str] = deque()
        self._turn = threading.Lock()
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
        if self._shows(response.error):
            lines.insert(0, self._line(request, response, milliseconds, cold))
        if response.note and self._level in WARNINGS_ARE_SHOWN and self._is_news(response.note):
            lines.insert(0, self._warning(request, response.note))
        self._write("".join(f"{msgspec.json.encode(line).decode()}\n" for line in lines))

    def _write(self, text: str) -> None:
        """Write it now, or leave it to the thread that is writing.

        That one writes for others a few times, since its own request waits; then a thread of its own does.
        """
        self._pending.append(text)
        for _ in range(MOST_WRITES):
            if not self._write_pending():
                return
        if self._pending:
            try:
                threading.Thread(target=self._write_all, name="telemetry").start()
            except RuntimeError:  # there may be no more threads
                self._write_all()

    def _write_all(self) -> None:
        while self._write_pending():
            pass

    def _write_pending(self) -> bool:
        """Write what waits, in one piece; return whether there was any, and nobody else at it."""
        if not self._pending or not self._turn.acquire(blocking=len(self._pending) > MOST_PENDING):
            return False
        try:
            self._output.write("".join(self._pending.popleft() for _ in range(len(self._pending))))
            self._output.flush()
        except (OSError, ValueError):
            pass  # a closed pipe loses lines; it must not lose requests
        finally:
            self._turn.release()
        return True

    def _shows(self, error: Exception | None) -> bool:
        if error is None:
            return self._level in GOOD_ARE_SHOWN
        return self._level not in FAULTS_ARE_HIDDEN

    def _is_news(self, note: str) -> bool:
        """Tell whether a note has not been written yet; beyond a number of different ones none is."""
        with self._notes_turn:
            if note in self._notes or len(self._notes) >= MOST_NOTES:
                return False
            self._notes.add(note)
            return True

    def _warning(self, request: Request, note: str) -> dict[str, object]:
        return {
            "level": "WARNING",
            "message": _text(note, MAX_NOTE),
            "timestamp": rfc3339(utc_now()),
            **self._common,
            "requestId": request.request_id,
        }

    def _line(self, request: Request, response: Response, milliseconds: float, cold: bool) -> dict[str, object]:
        error = response.error
        line: dict[str, object] = {
            "level": "INFO" if error is None else "ERROR",
            "message": "request",
            "timestamp": rfc3339(utc_now()),
            **self._common,
            "requestId": request.request_id,
            "path": _text(request.path, MAX_PATH),
            "httpMethod": _text(request.method, MAX_USER_AGENT),
            "status": response.status,
            "durationMs": milliseconds,
            "coldStart": cold,
            "userAgent": _text(request.headers.get("user-agent", ""), MAX_USER_AGENT),
        }
        if error is not None:
            line["errorType"] = line["exception_name"] = type(error).__name__
            line["errorMessage"] = _text(str(error), MAX_ERROR)
            line["exception"] = _text("".join(traceback.format_exception(error)), MAX_TRACEBACK)
        trace = os.environ.get("_X_AMZN_TRACE_ID")
        if trace:
            line["xray_trace_id"] = trace.partition(";")[0].removeprefix("Root=")
        return line


def _text(text: str, most: int) -> str:
    """Cut a text; halves of surrogate pairs, which a JSON event may hold and UTF-8 may not, are spelt out."""
    return text[:most].encode("utf-8", "backslashreplace").decode()


def embedded_metrics(dimensions: Mapping[str, str], values: Mapping[str, float]) -> dict[str, Any]:
    """Return one object of CloudWatch's embedded metric format (CloudWatch User Guide, specification)."""
    metrics = [{"Name": name, "Unit": "Milliseconds" if name == "RequestLatency" else "Count"} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": metrics}
    return {
        "_aws": {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [directive]},
        **dimensions,
        **values,
    }
