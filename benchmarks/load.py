"""Visits and orders a second of the servers of one machine, and what they use for them."""

import itertools
import os
import shutil
import statistics
import subprocess
import tempfile
import uuid
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import servers, usage
from benchmarks.servers import Request, Server
from tests.support.tools import ROOT

SCRIPT = ROOT / "benchmarks" / "load.lua"
KINDS = ("visits", "orders")
CONNECTIONS = (1, 16, 256)
FAILED_SHARE = 0.001
"""The largest share of requests that may fail. More fail the measurement."""

Results = dict[str, Any]


class Run(msgspec.Struct, frozen=True):
    """What wrk measured: requests, the seconds that they took, and their latencies in ms."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """The requests per second."""
        return self.requests / self.seconds


class Figures(msgspec.Struct):
    """The runs of one kind of request on one server at one number of connections, and the processor time of each."""

    runs: list[Run] = []
    processor_us: list[float] = []

    def add(self, run: Run, processor_seconds: float) -> None:
        """Add a run."""
        self.runs.append(run)
        self.processor_us.append(processor_seconds / run.requests * 1e6)

    def medians(self) -> dict[str, float]:
        """Return the medians over the runs, and the slowest and the fastest run."""
        rates = [run.per_second for run in self.runs]
        return {
            "per_second": round(statistics.median(rates)),
            "from": round(min(rates)),
            "to": round(max(rates)),
            "p50_ms": round(statistics.median(run.p50_ms for run in self.runs), 2),
            "p99_ms": round(statistics.median(run.p99_ms for run in self.runs), 2),
            "processor_us": round(statistics.median(self.processor_us)),
        }


def measure(rounds: int, seconds: int) -> Results:
    """Return the figures by kind, server and connections, and those of each server. Returns none without wrk.

    All servers run, and one after another has the load: for each kind and number of connections, every server has its
    turn within seconds. Memory is the largest of all samples at the most connections.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        print("The throughput of one machine is left out: wrk is not installed.")
        return {}
    found: dict[tuple[str, str, int], Figures] = {}
    memory: dict[str, float] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=ROOT / "dist")))
        running = {name: stack.enter_context(start(folder / name)) for name, start in servers.ready().items()}
        for turn, kind, connections in itertools.product(range(rounds), KINDS, CONNECTIONS):
            for name in rotated(list(running), turn):
                server = running[name]
                before = usage.processor_seconds(server.session)
                busy = connections == max(CONNECTIONS)
                with usage.sampled_memory(server.session) if busy else nullcontext([0.0]) as samples:
                    run = send(wrk, server.url, getattr(server, kind), connections, seconds)
                took = usage.processor_seconds(server.session) - before
                usage.await_idle(server.session)  # it may still answer requests whose client has gone
                found.setdefault((kind, name, connections), Figures()).add(run, took)
                memory[name] = max(memory.get(name, 0.0), *samples)
        flushes = {name: flushed(wrk, server, folder / f"{name}.flushes") for name, server in running.items()}
    result: Results = {kind: {} for kind in KINDS}
    for (kind, name, connections), figures in found.items():
        result[kind][f"{name} at {connections}"] = figures.medians()
    on_machine = {name: {"memory_mb": round(memory[name], 1), "flushes": flushes[name]} for name in memory}
    return {"throughput": result, "servers": on_machine}


def rotated(names: list[str], turn: int) -> list[str]:
    """Return the names in their order, beginning with another one each turn."""
    first = turn % len(names)
    return names[first:] + names[:first]


def flushed(wrk: str, server: Server, report: Path) -> float | None:
    """Return how often a server flushes to disk for each order of a single client. None if strace cannot count it.

    A server that writes durably flushes at least once, because one client waits for each of its orders.
    """
    if not usage.can_count_flushes():
        print("The flushes to disk are not counted: strace is not installed.")
        return None
    with usage.counted_flushes(server.session, report):
        run = send(wrk, server.url, server.orders, connections=1, seconds=1)
    counted = usage.flushes(report)
    return None if counted is None else round(counted / run.requests, 3)


def send(wrk: str, url: str, request: Request, connections: int, seconds: int) -> Run:
    """Send a request on some connections for some seconds. Raises RuntimeError if too many are refused."""
    environment = {
        "BENCH_METHOD": request.method,
        "BENCH_PATH": request.path,
        "BENCH_BODY": request.body,
        "BENCH_RUN": uuid.uuid4().hex[:6],
    }
    return _run(wrk, url, environment, connections, seconds)


def send_all(wrk: str, url: str, requests: Path, connections: int, seconds: int) -> Run:
    """Send the requests of a file, each of which ends with a zero byte. Raises RuntimeError if too many are refused."""
    return _run(wrk, url, {"BENCH_FILE": str(requests)}, connections, seconds)


def _run(wrk: str, url: str, environment: dict[str, str], connections: int, seconds: int) -> Run:
    command = [wrk, "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "20s", "-s", str(SCRIPT), url]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    requests, microseconds, wrong, middle, slow = map(int, line.split()[1:])
    if not requests or wrong > requests * FAILED_SHARE:
        raise RuntimeError(f"{wrong} of {requests} requests failed: {environment} {url}")
    return Run(requests, microseconds / 1e6, middle / 1000, slow / 1000)
