"""One log line for every request and every run of a job, on standard output: a JSON object with its metrics, if any.

One machine writes the metrics only where `METRICS=emf`. With `LOG_DETAIL=brief` the line of a request in which nothing
was noteworthy has only what finds it again.

The metrics use CloudWatch's embedded metric format. Log lines have the field names of Powertools for AWS Lambda, so
that queries written for Powertools work.
"""

import io
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from shopkeeper.clock import rfc3339, utc_now
from shopkeeper.errors import RunFailed
from shopkeeper.functions.triggers import Metrics
from shopkeeper.http import Request, Response
from shopkeeper.runtime.telemetry.emf import embedded_metrics
from shopkeeper.settings import Settings

MAX_USER_AGENT = 100
MAX_PATH = 200
MAX_ERROR = 200
MAX_TRACEBACK = 20_000
MAX_NOTE = 400
SLOW_MILLISECONDS = 1000
"""From this duration on a request is noteworthy."""
FAILED = 400
"""From this status on a request is noteworthy."""
MOST_NOTES = 100
"""The limit of different notes, each written once. Requests cause notes, so their number must be limited."""

RunTrigger = Literal["schedule", "stream", "rotation"]
"""What runs a job; the message of its line."""

RANKS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
"""The order of levels. A line is written if its level is at least `LOG_LEVEL`."""


class Output:
    """Standard output, written immediately. On Lambda the process is frozen after the response.

    An output never raises. If it fails, lines are lost, but no request fails.
    """

    has_trace = True
    """Whether lines have the id of an X-Ray trace. Lambda sets it in the environment anew at each invocation."""

    def __init__(self, _: Callable[[int], bytes]) -> None:
        # A service without standard output must work too.
        self._stream = sys.stdout or open(os.devnull, "w")  # noqa: SIM115, PTH123
        if isinstance(self._stream, io.TextIOWrapper):
            self._stream.reconfigure(encoding="utf-8")  # JSON is UTF-8 in every locale

    def write(self, lines: bytes) -> None:
        """Write the whole lines of one request."""
        try:
            self._stream.write(lines.decode())
            self._stream.flush()
        except (OSError, ValueError):
            pass  # a closed pipe

    wants_to_write = False
    """Whether lines wait because the output is full."""

    def flush(self) -> None:
        """Write the lines that wait. This output has none."""

    def close(self) -> None:
        """Write the remaining lines. This output has none."""


class Telemetry:
    """Writes log lines and metrics of requests and task runs, without addresses, tokens or bodies.

    `output` creates the output. It gets a function that returns the lines for a number of dropped requests.
    """

    def __init__(
        self,
        service: str,
        settings: Settings,
        output: Callable[[Callable[[int], bytes]], Output] = Output,
        *,
        has_metrics: bool = True,
        counts_requests: bool = True,
        counted: frozenset[str] = frozenset(),
    ) -> None:
        """Without `has_metrics` only log lines are written, and those of runs say what the run did.

        With `counts_requests` the metrics have the number of requests and their durations. The metrics of requests in
        `counted` are plain members of the line, whatever `LOG_LEVEL` is: filters of the log count them.
        """
        self._dimensions = {"service": service, "stage": settings.stage}
        self._common = {**self._dimensions, **({"colour": settings.colour} if settings.colour else {})}
        self._rank = RANKS[settings.log_level]
        self._output = output(self._dropped)
        self._has_metrics = has_metrics
        self._counts_requests = counts_requests
        self._counted = counted
        self._is_brief = settings.log_detail == "brief"
        self._notes: set[str] = set()
        self._cold = True
        self.dropped = 0
        """How many requests lost their lines, as far as the log says so already."""

    def record(self, request: Request, response: Response, seconds: float, trace_id: str = "") -> None:
        """Write the log line and the metrics of a request.

        `seconds` is its duration, and `trace_id` that of its trace on one machine, empty for none.
        """
        cold, self._cold = self._cold, False
        milliseconds = _milliseconds(seconds)
        level = "INFO" if response.error is None else "ERROR"
        note = response.note if response.note and self._shows("WARNING") and self._is_new(response.note) else ""
        is_brief = self._is_brief and not (cold or note or _is_noteworthy(response, milliseconds))
        line: dict[str, object] = {}
        if self._shows(level):
            line = self._request_line(level, request, response, milliseconds, cold, is_brief=is_brief)
        if line and trace_id:
            line["trace_id"] = trace_id
        metrics = self._request_metrics(response, milliseconds, cold)
        if self._counted and metrics:
            line |= {name: value for name, value in metrics.items() if name in self._counted}
            metrics = {name: value for name, value in metrics.items() if name not in self._counted}
        lines = self._object(line, metrics)
        if note:
            told = self._line("WARNING", _text(note, MAX_NOTE)) | {"requestId": request.request_id}
            lines = _encode(told) + lines
        if lines:
            self._output.write(lines)

    def flush(self) -> None:
        """Write the lines that the output keeps, as far as it accepts them. Never blocks, never raises."""
        self._output.flush()

    @property
    def wants_to_write(self) -> bool:
        """Whether lines wait because the output is full. If so, `flush` must be called again a moment later."""
        return self._output.wants_to_write

    def record_run(
        self, trigger: RunTrigger, name: str, run_id: str, job: Callable[[], Metrics], *, quiet: bool = False
    ) -> Metrics:
        """Run a job, write its line and its metrics, and return those. Raises what the job raises.

        A `quiet` run writes nothing if there was nothing to do.
        """
        run = run_job(job)
        self.record_outcome(trigger, name, run_id, run, quiet=quiet)
        if run.failure is not None:
            raise run.failure
        return run.metrics

    def record_outcome(
        self, trigger: RunTrigger, name: str, run_id: str, run: "Run", *, quiet: bool = False, trace_id: str = ""
    ) -> None:
        """Write the line and the metrics of a run that has ended. See `record_run`, and `record` for `trace_id`."""
        if run.metrics or run.failure is not None or not quiet:
            line: dict[str, object] = {
                "name": name,
                "requestId": run_id,
                "durationMs": _milliseconds(run.seconds),
                **({"trace_id": trace_id} if trace_id else {}),
            }
            self._write_run(trigger, line, run.metrics, run.failure)

    def refuse(self, request_id: str, error: Exception) -> None:
        """Write the log line of an event that is not a request. It is not counted as a request."""
        if self._shows("ERROR"):
            line = self._line("ERROR", "event refused") | {"requestId": _text(request_id, MAX_ERROR)}
            self._output.write(_encode(line | _fault(error) | self._trace()))

    def warn(self, message: str, **facts: object) -> None:
        """Write a warning."""
        if self._shows("WARNING"):
            self._output.write(_encode(self._line("WARNING", message) | facts))

    def close(self) -> None:
        """Write the remaining lines, as far as the output accepts them."""
        self._output.close()

    def _write_run(
        self, trigger: RunTrigger, told: dict[str, object], metrics: Metrics, failure: Exception | None
    ) -> None:
        cold, self._cold = self._cold, False
        level = "INFO" if failure is None else "ERROR"
        line: dict[str, object] = {}
        if self._shows(level):
            fault = {} if failure is None else _fault(failure)
            done = {"metrics": metrics} if metrics and not self._has_metrics else {}
            line = self._line(level, trigger) | told | {"coldStart": cold} | done | fault | self._trace()
        lines = self._object(line, {**metrics, **({"ColdStart": 1} if cold else {})})
        if lines:
            self._output.write(lines)

    def _dropped(self, requests: int) -> bytes:
        """Return the lines that report how many requests lost their lines."""
        self.dropped += requests
        shown = self._shows("WARNING")
        line = self._line("WARNING", "log lines dropped") | {"requests": requests} if shown else {}
        return self._object(line, {"LogLinesDropped": requests})

    def _object(self, line: dict[str, object], metrics: Mapping[str, float]) -> bytes:
        """Return one object with a line and with metrics, as far as there are any and they are wanted."""
        if metrics and self._has_metrics:
            return embedded_metrics(line | self._dimensions, tuple(self._dimensions), metrics)
        return _encode(line) if line else b""

    def _shows(self, level: str) -> bool:
        return RANKS[level] >= self._rank

    def _is_new(self, note: str) -> bool:
        """Return whether a note was not written before. After `MOST_NOTES` different notes it returns False."""
        if note in self._notes or len(self._notes) >= MOST_NOTES:
            return False
        self._notes.add(note)
        return True

    def _line(self, level: str, message: str) -> dict[str, object]:
        return {"level": level, "message": message, "timestamp": rfc3339(utc_now()), **self._common}

    def _request_metrics(self, response: Response, milliseconds: float, cold: bool) -> dict[str, float]:
        counted = {"RequestCount": 1, "RequestLatency": milliseconds} if self._counts_requests else {}
        return {**counted, **response.metrics, **({"ColdStart": 1} if cold else {})}

    def _request_line(
        self, level: str, request: Request, response: Response, milliseconds: float, cold: bool, *, is_brief: bool
    ) -> dict[str, object]:
        brief: dict[str, object] = {
            "requestId": request.request_id,
            "path": _text(request.path, MAX_PATH),
            "httpMethod": _text(request.method, MAX_USER_AGENT),
            "status": response.status,
            "durationMs": milliseconds,
        }
        if is_brief:
            return brief
        line = self._line(level, "request") | brief
        line |= {"coldStart": cold, "userAgent": _text(request.headers.get("user-agent", ""), MAX_USER_AGENT)}
        if response.error is not None:
            line |= _fault(response.error)
        return line | self._trace()

    def _trace(self) -> dict[str, object]:
        trace = os.environ.get("_X_AMZN_TRACE_ID") if self._output.has_trace else None  # no setting
        return {"xray_trace_id": trace.partition(";")[0].removeprefix("Root=")} if trace else {}


class Run(msgspec.Struct, frozen=True):
    """A run of a job: its duration in seconds, its metrics, and what it raised."""

    seconds: float
    metrics: Metrics
    failure: Exception | None


def run_job(job: Callable[[], Metrics]) -> Run:
    """Run a job and return what came of it. Never raises what the job raises."""
    began = time.monotonic()
    try:
        metrics = job()
    except RunFailed as error:
        return Run(time.monotonic() - began, error.metrics, error)
    except Exception as error:  # noqa: BLE001  # the caller decides
        return Run(time.monotonic() - began, {}, error)
    return Run(time.monotonic() - began, metrics, None)


def _is_noteworthy(response: Response, milliseconds: float) -> bool:
    return response.status >= FAILED or response.error is not None or milliseconds >= SLOW_MILLISECONDS


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _fault(error: Exception) -> dict[str, object]:
    kind = type(error).__name__
    return {
        "errorType": kind,
        "exception_name": kind,
        "errorMessage": _text(str(error), MAX_ERROR),
        "exception": _text("".join(traceback.format_exception(error)), MAX_TRACEBACK),
    }


def _encode(line: dict[str, object]) -> bytes:
    return msgspec.json.encode(line) + b"\n"


def _text(text: str, most: int) -> str:
    """Cut a text. Lone surrogates, which JSON may contain and UTF-8 may not, are written as escapes."""
    if text.isascii():
        return text[:most]
    return text[:most].encode("utf-8", "backslashreplace").decode()
