"""`make local-aws`: a stage on this machine, its URL and its logs, until Ctrl-C ends all of it."""

import os
import re
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http import send
from tests.support.tools import ROOT

MARK = "SHOPKEEPER_TEST_MARK"
READY_SECONDS = 600
ENDS_SECONDS = 60
PYTHON = str(ROOT / ".venv-deploy" / "bin" / "python")


OF_MAKE = ("ARGS", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
"""What a make that runs the tests gives to one that they run."""


class Local:
    """The command as a developer runs it, in a session of its own, and what it has printed."""

    def __init__(self, log: Path, *command: str) -> None:
        self._log = log
        self._mark = uuid.uuid4().hex
        self._output = log.open("wb")
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name not in OF_MAKE} | {MARK: self._mark},
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def await_text(self, pattern: str, seconds: float = READY_SECONDS) -> str:
        """Wait for a text and return its first group."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            found = re.search(pattern, self.said)
            if found:
                return found[1]
            assert self.process.poll() is None, self.said
            time.sleep(0.1)
        raise AssertionError(f"{pattern} did not come:\n{self.said}")

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return self._log.read_text(errors="replace")

    def interrupt(self) -> None:
        """Press Ctrl-C: the terminal sends the signal to all of its foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(ENDS_SECONDS)

    def alive(self) -> list[str]:
        """Return the commands of all processes that came of it and still run."""
        wanted = f"{MARK}={self._mark}".encode()
        return [name for place in Path("/proc").glob("[0-9]*") if (name := _marked(place, wanted))]

    def await_end(self) -> None:
        """Wait until none of them runs any more. Raises AssertionError with those that do not end."""
        ends = time.monotonic() + ENDS_SECONDS
        while (left := self.alive()) and time.monotonic() < ends:
            time.sleep(0.1)
        assert left == []

    def end(self) -> None:
        """End what is left of it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(ENDS_SECONDS)
        self._output.close()


def _marked(place: Path, wanted: bytes) -> str:
    try:
        if wanted in (place / "environ").read_bytes().split(b"\0"):
            return (place / "cmdline").read_text().replace("\0", " ") or place.name
    except OSError:
        pass  # it has ended, or is another user's
    return ""


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    command = Local(tmp_path / "output.txt", "make", "local-aws")
    yield command
    command.end()


def test_it_deploys_answers_shows_the_logs_and_ends_with_everything_at_ctrl_c(local: Local) -> None:
    url = local.await_text(r"The API is at (http://127\.0\.0\.1:\d+/\S+)\. Try:")
    answer = send(url, "GET", "/counter")
    assert (answer.status, answer.json["count"]) == (200, 1)
    line = local.await_text(r'(?m)^visits  (\{"level":"INFO".*"path":"/counter".*\})$')
    assert f'"requestId":"{answer.json["requestId"]}"' in line
    assert len(local.alive()) >= 2, "the command and the emulator"
    local.interrupt()
    assert "Stopped." in local.said
    local.await_end()


def test_ctrl_c_during_the_deployment_ends_everything_too(local: Local) -> None:
    local.await_text(r"== (the data)")
    local.interrupt()
    assert "Stopped." in local.said
    local.await_end()


def refused(*arguments: str, path: str | None = None) -> str:
    """Return in which sentence the script refuses to start."""
    done = subprocess.run(
        [PYTHON, str(ROOT / "scripts" / "local_aws.py"), *arguments],
        env={**os.environ, **({} if path is None else {"PATH": path})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refused("--port", str(port)) == f"local_aws.py: port {port} cannot be used: Address already in use.\n"


@pytest.mark.parametrize(("description", "command"), [("terraform", "terraform"), ("serverless", "node")])
def test_a_tool_that_is_missing_is_named(description: str, command: str, tmp_path: Path) -> None:
    sentence = f"local_aws.py: {command} is not installed, and the description {description} needs it.\n"
    assert refused(description, path=str(tmp_path)) == sentence


def test_a_number_that_is_no_port_is_refused() -> None:
    assert refused("--port", "66000") == "local_aws.py: the port must be from 0 to 65535, not 66000.\n"
