"""The TypeScript client: its build, and runs of its tests against a server that they can kill."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from signal import SIGKILL

from tests.support.processes import Shopkeeper
from tests.support.tools import NODE_MODULES, ROOT, need

CLIENT = ROOT / "clients" / "typescript"
TSC = NODE_MODULES / "typescript-7" / "bin" / "tsc"
"""The compiler that the project uses."""
TSC_5 = NODE_MODULES / "typescript" / "bin" / "tsc"
"""The compiler that most projects have today."""
ESBUILD = NODE_MODULES / ".bin" / "esbuild"
ENDS_WITHIN_SECONDS = 120


def run(command: Sequence[str | Path], folder: Path, **variables: str) -> str:
    """Run a command and return what it printed. Raises AssertionError, with that, if it fails."""
    done = subprocess.run(
        [str(one) for one in command],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=ENDS_WITHIN_SECONDS,
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout[-8000:]}{done.stderr[-8000:]}"
    return done.stdout


def build(folder: Path) -> Path:
    """Build the package in a folder, as `npm publish` would find it, and return its archive."""
    need(TSC)
    package = folder / "package"
    shutil.copytree(CLIENT, package, ignore=shutil.ignore_patterns("node_modules", "dist", "tests", "example"))
    (package / "node_modules").symlink_to(NODE_MODULES)
    run([TSC, "--project", "."], package)
    return pack(package, folder)


def pack(package: Path, folder: Path) -> Path:
    """Pack a package into a folder, and return the archive."""
    said = run([need("npm"), "pack", "--json", "--ignore-scripts", "--pack-destination", folder], package)
    return folder / str(json.loads(said)[0]["filename"])


def bundle(source: Path, target: Path, *options: str) -> Path:
    """Bundle a module with all that it imports, and return the file."""
    need(ESBUILD)
    run([ESBUILD, source, "--bundle", "--format=esm", f"--outfile={target}", "--log-level=warning", *options], ROOT)
    return target


class Mortal:
    """A server that can be killed, and started again on its port and its data."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.server = Shopkeeper(data)

    def kill(self) -> None:
        """End it as a loss of power does."""
        self.server.stop(SIGKILL)

    def start(self) -> None:
        """Start it again."""
        self.server = Shopkeeper(self._data, self.server.port)


@contextmanager
def obeying(actions: dict[str, Callable[[], None]]) -> Iterator[str]:
    """Serve `POST /ACTION` for tests in another language, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            actions[self.path.removeprefix("/")]()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()
