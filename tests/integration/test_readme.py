"""Every command of the README is run, in its order, and prints what the README says."""

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http import send
from tests.support.packages import Packages
from tests.support.processes import URL, Shopkeeper, clean_environment, free_port, stop
from tests.support.tools import ROOT, need

README = (ROOT / "README.md").read_text()
ADDRESS = "http://127.0.0.1:8000"

VARYING = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "an id"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), "a time"),
    (re.compile(r'("latency_ms":)[0-9.]+'), r"\1 milliseconds"),
    (re.compile(r"/srv/shop/shopkeeper\.db"), "the data"),
    (re.compile(r"\d\.\d\d MB"), "a size"),
    (re.compile(r"[B-Z]{4}(-[B-Z]{4}){4}"), "a code"),
]


def commands(document: str = README) -> list[tuple[str, str]]:
    """Return each command of a document and what it shows of its output."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", document, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def fixed(text: str) -> str:
    """Replace what differs from run to run."""
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text.strip()


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """`make serve` on a free port with new data: its URL, what it printed, and the data file."""
    data = tmp_path_factory.mktemp("tour") / "shopkeeper.db"
    port = free_port()
    process = subprocess.Popen(
        ["make", "--no-print-directory", "serve", f"PORT={port}", f"DATA={data}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if line.startswith("  curl") and "register-business" in line:
            break
    found = URL.search(printed)
    assert found, printed
    # A server whose output nobody reads stands still once the pipe is full.
    drain = threading.Thread(target=process.stdout.read, daemon=True)
    drain.start()
    yield found[1], printed, data
    stop(process, signal.SIGTERM)
    drain.join(10)
    process.stdout.close()


def test_the_readme_opens_with_the_two_commands() -> None:
    assert [command for command, _ in commands()][:2] == ["make serve", "make test"]


def test_every_command_is_of_a_kind_that_is_run_here() -> None:
    kinds = ("curl ", "make serve", "make test", "make package", "scripts/run-api-tests.sh ", ".venv/bin/shopkeeper ")
    for command, _ in commands():
        assert command.startswith(kinds)


def test_make_serve_prints_what_the_readme_shows(tour: tuple[str, str, Path]) -> None:
    url, printed, data = tour
    assert fixed(printed.replace(url, ADDRESS).replace(str(data), "the data")) == fixed(dict(commands())["make serve"])


def test_the_tour_prints_what_the_readme_shows(tour: tuple[str, str, Path]) -> None:
    url, _, _ = tour
    curl = need("curl")
    for command, expected in commands():
        if command.startswith("curl "):
            line = command.replace("curl ", f"{curl} --silent ", 1).replace(ADDRESS, url)
            done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=30, check=True)
            assert fixed(done.stdout) == fixed(expected), command


def test_the_log_line_has_the_fields_that_the_readme_shows(server: Shopkeeper) -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    request_id = send(server.url, "GET", "/health", headers={"User-Agent": "test"}).headers["x-request-id"]
    line = list(json.loads(server.line_with(f'"requestId":"{request_id}"')))
    assert line[: line.index("_aws")] == list(json.loads(shown)), "this server has METRICS=emf"


def test_the_command_line_prints_what_the_readme_shows(tmp_path: Path) -> None:
    binary = ROOT / ".venv" / "bin"
    for command, expected in commands():
        if command.startswith(".venv/bin/shopkeeper "):
            arguments = [str(binary / "shopkeeper"), *command.split()[1:]]
            done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
            assert done.stdout
            assert not expected or fixed(done.stdout) == fixed(expected)


def test_make_package_prints_what_the_readme_shows(packages: Packages) -> None:
    assert fixed(packages.printed) == fixed(dict(commands())["make package"])


def assert_prints_what_it_shows(page: str, url: str, folder: Path) -> None:
    """Run all commands of a page in one shell, as a reader types them; a marker tells their outputs apart."""
    steps = commands((ROOT / "docs" / page).read_text())
    marker = "-- end of a command --"
    port = url.rpartition(":")[2]
    metrics = str(free_port())
    typed = [
        command.replace(ADDRESS, url).replace("9464", metrics).replace("--port 8000", f"--port {port}")
        for command, _ in steps
    ]
    typed = [re.sub("shopkeeper serve(?!.*--port)", "shopkeeper serve --port 0", command) for command in typed]
    done = subprocess.run(
        ["bash", "-c", "\n".join(f"{command}\necho '{marker}'" for command in typed)],
        cwd=folder,
        env=clean_environment(PATH=f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    printed = [part.strip() for part in done.stdout.split(marker)[:-1]]
    assert printed == [expected.strip() for _, expected in steps], done.stderr


def test_the_guide_prints_what_it_shows(server: Shopkeeper, tmp_path: Path) -> None:
    assert_prints_what_it_shows("guide.md", server.url, tmp_path)


def test_the_page_on_personal_data_prints_what_it_shows(tmp_path: Path) -> None:
    assert_prints_what_it_shows("privacy.md", f"http://127.0.0.1:{free_port()}", tmp_path)


def test_the_page_for_operators_prints_what_it_shows(tmp_path: Path) -> None:
    assert_prints_what_it_shows("operating.md", f"http://127.0.0.1:{free_port()}", tmp_path)
