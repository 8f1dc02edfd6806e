"""One log line and one metrics object for every request, each a line of JSON on standard output.

The log is Powertools' Logger. The metrics are CloudWatch's embedded metric format, one object per
request: Powertools' own Metrics keep their state on the class, which threads spoil.
"""

import logging
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from shopkeeper.http import Request, Response
from shopkeeper.runtime.powertools import Logger
from shopkeeper.settings import Settings

NAMESPACE = "Shopkeeper"
MAX_USER_AGENT = 100
MAX_PATH = 200
MAX_ERROR = 200


class Telemetry:
    """Tells the operator about requests, without addresses, tokens or bodies."""

    def __init__(self, service: str, settings: Settings) -> None:
        self._dimensions = {"service": service, "stage": settings.stage}
        # A service without an output must serve all the same.
        self._output = sys.stdout or open(os.devnull, "w")  # noqa: SIM115, PTH123
        logging.raiseExceptions = False
        self._logger = Logger(
            service=service, level=settings.log_level, stream=self._output, use_rfc3339=True, location=None
        )
        self._logger.append_keys(stage=settings.stage, colour=settings.colour)
        self._cold = True

    def record(self, request: Request, response: Response, seconds: float) -> None:
        """Write the request's line and its metrics; `seconds` is how long it took."""
        cold, self._cold = self._cold, False
        milliseconds = round(seconds * 1000, 3)
        line: dict[str, object] = {
            "requestId": request.request_id,
            "path": request.path[:MAX_PATH],
            "httpMethod": request.method[:MAX_USER_AGENT],
            "status": response.status,
            "durationMs": milliseconds,
            "coldStart": cold,
            "userAgent": request.headers.get("user-agent", "")[:MAX_USER_AGENT],
        }
        if response.error is None:
            self._logger.info("request", extra=line)
        else:
            line["errorType"] = type(response.error).__name__
            line["errorMessage"] = str(response.error)[:MAX_ERROR]
            self._logger.error("request", extra=line, exc_info=response.error)
        self._write_metrics(milliseconds, cold, response.metrics)

    def _write_metrics(self, milliseconds: float, cold: bool, events: Mapping[str, int]) -> None:
        values: dict[str, float] = {"RequestCount": 1, "RequestLatency": milliseconds, **events}
        if cold:
            values["ColdStart"] = 1
        document = embedded_metrics(self._dimensions, values)
        try:
            self._output.write(msgspec.json.encode(document).decode() + "\n")
            self._output.flush()
        except (OSError, ValueError):
            pass  # a closed pipe loses metrics; it must not lose requests


def embedded_metrics(dimensions: Mapping[str, str], values: Mapping[str, float]) -> dict[str, Any]:
    """Return one object of CloudWatch's embedded metric format (CloudWatch User Guide, specification)."""
    metrics = [{"Name": name, "Unit": "Milliseconds" if name == "RequestLatency" else "Count"} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": metrics}
    return {
        "_aws": {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [directive]},
        **dimensions,
        **values,
    }
