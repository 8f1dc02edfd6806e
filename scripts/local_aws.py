"""Run a stage on this machine, on an emulator of AWS, and show the logs of its functions.

local_aws.py [sam|serverless|terraform] [--port PORT]

It starts the emulator, deploys stage dev in blue by the script of a description, as to AWS, and prints the URL. Ctrl-C
ends all of it, and the data with it. `make local-aws` installs what it needs and runs it. The settings of functions
are taken from the environment, as by the deploy scripts. Functions run on this machine, so it must be Linux.
"""

import argparse
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import account
import adaptation
import facts

ROOT = Path(__file__).parents[1]
NAME = "shopkeeper-dev-blue"
SCRIPTS = {"sam": "deploy-sam.sh", "serverless": "deploy.sh", "terraform": "deploy-terraform.sh"}
PYTHON = ROOT / ".venv-emulator" / "bin" / "python"
NEEDED = {
    PYTHON: "the emulator is not installed; run `make local-aws`",
    ROOT / ".venv-deploy" / "bin" / "python": "the tools are not installed; run `make tools`",
    ROOT / "dist" / "pages.zip": "the packages are not built; run `make package`",
}
COMMANDS = {"sam": "python3", "serverless": "node", "terraform": "terraform"}
"""The command that a description needs beside what make installs."""

MOST_PORT = 65535
STARTS_SECONDS = 60.0
ENDS_SECONDS = 10.0
LOOK_EVERY_SECONDS = 0.5
PLATFORM_LINES = ("START RequestId", "END RequestId", "REPORT RequestId")
"""What Lambda writes around the lines of a function."""


class Refused(Exception):
    """What the developer must mend, in one sentence."""


class Stopped(BaseException):
    """Ctrl-C, or another signal that ends it."""


def main(arguments: list[str]) -> None:
    """Run it until a signal comes. Status 2 if something is missing, 1 if the deployment fails."""
    asked = _arguments(arguments)
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _stop)
    try:
        _check(asked.description)
        with tempfile.TemporaryDirectory(prefix="shopkeeper-") as folder, _emulator(asked.port, Path(folder)) as url:
            _point_at(url)
            _deploy(asked.description, Path(folder) / "copy")
            _tell(url)
            _follow()
    except Stopped:
        print("Stopped.")
    except (Refused, account.Refused) as refusal:
        _end(refusal, 2)
    except subprocess.CalledProcessError:
        _end("the deployment failed; the reason is above.", 1)
    except account.failures() as failure:
        _end(f"the emulator does not answer: {failure}", 1)


def settings(port: int) -> dict[str, str]:
    """Return what the emulator needs in its environment: IAM is enforced, and functions run on this machine."""
    return {
        "AUTH": "true",
        "LAMBDA_EXECUTOR": "local",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
    }


def environment(url: str) -> dict[str, str]:
    """Return what sends the tools to an emulator instead of AWS."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
        "CHECKPOINT_DISABLE": "1",
        "SLS_TELEMETRY_DISABLED": "1",
        "SLS_NOTIFICATIONS_MODE": "off",
        "CI": "true",
    }


def _point_at(url: str) -> None:
    """Send everything to the emulator. Nothing of a real account stays in the environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(environment(url), COLOUR="blue")


def _check(description: str) -> None:
    """Raises Refused for the first thing that is missing."""
    if platform.system() != "Linux":
        raise Refused("the packages are for Linux, and functions cannot run here.")
    for path, remedy in NEEDED.items():
        if not path.exists():
            raise Refused(f"{remedy}.")
    command = COMMANDS[description]
    if shutil.which(command) is None:
        raise Refused(f"{command} is not installed, and the description {description} needs it.")


@contextmanager
def _emulator(port: int, folder: Path) -> Iterator[str]:
    """Run the emulator, in a session of its own so that Ctrl-C does not reach it, and yield its URL."""
    if not 0 <= port <= MOST_PORT:
        raise Refused(f"the port must be from 0 to {MOST_PORT}, not {port}.")
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            free.bind(("127.0.0.1", port))
        except OSError as error:
            raise Refused(f"port {port} cannot be used: {error.strerror}.") from None
        port = free.getsockname()[1]
    log = folder / "emulator.log"
    variables = {**os.environ, **settings(port)}
    with log.open("wb") as output:
        command = [PYTHON, ROOT / "scripts" / "emulator.py"]
        process = subprocess.Popen(
            command, env=variables, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _await(process, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        _kill(process)


def _await(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    ends = time.monotonic() + STARTS_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise Refused(f"the emulator did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process with all that it started."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, ending)
        except ProcessLookupError:
            pass
        try:
            process.wait(ENDS_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        if ending == signal.SIGTERM:  # the functions' own processes may need more
            time.sleep(0.2)


def _deploy(description: str, copy: Path) -> None:
    """Deploy an adapted copy by its script. Raises CalledProcessError."""
    adaptation.copy(ROOT, copy)
    adaptation.adapt(copy)
    script = copy / "scripts" / SCRIPTS[description]
    with subprocess.Popen([script, "dev", "--no-collection"], start_new_session=True) as process:
        try:
            status = process.wait()
        except Stopped:
            _kill(process)
            raise
    if status:
        raise subprocess.CalledProcessError(status, str(script))


def _tell(url: str) -> None:
    """Say where everything is. This address is one that every program can look up, unlike the API's own name."""
    api = account.api_id(NAME)
    base = f"{url}/_aws/execute-api/{api}/dev"
    print(f"\nThe API is at {base}. Try:\n  curl {base}/counter")
    print(f"AWS' own tools reach the stage with AWS_ENDPOINT_URL={url} and any credentials. Ctrl-C ends it.")
    print("The logs of the functions:", flush=True)


def _follow() -> NoReturn:
    """Print the lines that functions write, as they come, each after the name of its function."""
    client = account.client("logs")
    functions = facts.read()["functions"]
    seen: set[str] = set()
    while True:
        for function in functions:
            for line in _new_lines(client, function, seen):
                print(f"{function}  {line}", flush=True)
        time.sleep(LOOK_EVERY_SECONDS)


def _new_lines(client: Any, function: str, seen: set[str]) -> Iterator[str]:
    """Yield the lines of the invocations that were not seen. The emulator writes a stream for each, at its end."""
    group = f"/aws/lambda/{NAME}-{function}"
    newest = client.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True)["logStreams"]
    for stream in reversed(newest):
        name = stream["logStreamName"]
        if name not in seen:
            seen.add(name)
            for event in client.get_log_events(logGroupName=group, logStreamName=name)["events"]:
                if not event["message"].startswith(PLATFORM_LINES):
                    yield event["message"].rstrip("\n")


def _stop(_: int, __: FrameType | None) -> None:
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)  # the first one counts
    raise Stopped


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="local_aws.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("description", nargs="?", choices=list(SCRIPTS), default="serverless")
    parser.add_argument("--port", type=int, default=0, help="where the emulator listens; by default a free port")
    return parser.parse_args(arguments)


def _end(reason: object, status: int) -> NoReturn:
    print(f"local_aws.py: {reason}", file=sys.stderr)
    raise SystemExit(status) from None


if __name__ == "__main__":
    main(sys.argv[1:])
