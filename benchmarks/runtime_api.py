"""Lambda's Runtime API on loopback, and a function process that uses it as on Lambda.

Source: AWS Lambda Developer Guide, "Using the Lambda runtime API". The process runs AWS's own client, awslambdaric.
The start of a microVM and the download of the package are not simulated.
"""

import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

DEADLINE_MS = 30_000
ANSWERS_WITHIN_SECONDS = 30.0
RESTS_SECONDS = 0.002
"""How long a process that has asked for an event may take until it is idle."""

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled={}"
"""A sampled invocation is traced where the function knows X-Ray's daemon."""


class RuntimeApi(ThreadingHTTPServer):
    """Sends events to the function and receives its responses, each with its time of arrival."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events: queue.Queue[tuple[dict[str, Any], bool] | None] = queue.Queue()
        self.answers: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
        self.is_asked = threading.Event()
        """Whether the function waits for an event."""
        self.handed_out = 0.0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Do not report the closed connection of a function that was killed while it waited for an event."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def call(self, event: dict[str, Any], *, sampled: bool) -> tuple[float, dict[str, Any]]:
        """Send an event to the function. Return the time of its response, and the response."""
        self.events.put((event, sampled))
        return self.answers.get(timeout=ANSWERS_WITHIN_SECONDS)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # send a response in one piece; otherwise Nagle's algorithm delays its body by 40 ms
    disable_nagle_algorithm = True
    server: RuntimeApi

    def do_GET(self) -> None:
        self.server.is_asked.set()
        given = self.server.events.get()
        self.server.is_asked.clear()
        if given is None:
            self.close_connection = True
            return
        event, sampled = given
        body = json.dumps(event).encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4()))
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + DEADLINE_MS))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:bench")
        self.send_header("Lambda-Runtime-Trace-Id", TRACE.format(int(sampled)))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.handed_out = time.perf_counter()
        self.wfile.flush()

    def do_POST(self) -> None:
        arrived = time.perf_counter()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.wfile.flush()
        kind = "error" if "/error" in self.path else "response"
        self.server.answers.put((arrived, {"kind": kind, "body": json.loads(body or b"null")}))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""


class Function:
    """One process of a function, started in the folder of its package.

    On Lambda that folder is read-only. Here Python is configured to write no byte code into it.
    """

    def __init__(self, python: Path, handler: str, folder: Path, environment: Mapping[str, str], log: Path) -> None:
        self._api = RuntimeApi()
        self._log = log.open("wb")
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            [str(python), "-m", "awslambdaric", handler],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "AWS_LAMBDA_RUNTIME_API": self._api.address,
                "AWS_LAMBDA_FUNCTION_NAME": "bench",
                "AWS_LAMBDA_FUNCTION_VERSION": "1",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
                "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
                "PYTHONDONTWRITEBYTECODE": "1",
                **environment,
            },
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def call(self, event: dict[str, Any], status: int | None, *, sampled: bool = True) -> float:
        """Call the function and return the time of its response, in seconds of the performance counter.

        Raises RuntimeError unless the response has this status.
        """
        arrived, answer = self._api.call(event, sampled=sampled)
        body = answer["body"] or {}  # a job returns nothing
        if answer["kind"] != "response" or body.get("statusCode") != status:
            raise RuntimeError(f"the function answered {answer}")
        return arrived

    def warm_call(self, event: dict[str, Any], status: int | None) -> float:
        """Return the duration of a call in seconds, from sending its event to receiving its response."""
        arrived = self.call(event, status)
        return arrived - self._api.handed_out

    def processor_seconds(self) -> float:
        """Return the processor time that the process has used, in all of its threads.

        The clock is that of `clock_getcpuclockid`, for whose number Python has no name.
        """
        return time.clock_gettime(~self._process.pid << 3 | 2)

    def processor_seconds_at_rest(self) -> float:
        """Return the processor time once the process waits for its next event, with all that its last call took."""
        if not self._api.is_asked.wait(ANSWERS_WITHIN_SECONDS):
            raise RuntimeError("the function does not ask for another event")
        time.sleep(RESTS_SECONDS)
        return self.processor_seconds()

    def log_bytes(self) -> int:
        """Return the size of the process's log in bytes."""
        return os.fstat(self._log.fileno()).st_size

    def peak_megabytes(self) -> float:
        """Return the peak memory of the process in MB of a million bytes (VmHWM)."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        (peak,) = [line.split()[1] for line in lines if line.startswith("VmHWM")]
        return int(peak) * 1024 / 1e6

    def end(self) -> None:
        """Stop the process and the Runtime API."""
        self._process.kill()
        self._process.wait()
        self._api.events.put(None)
        self._api.shutdown()
        self._api.server_close()
        self._log.close()
