"""What somebody gets who installs Shopkeeper with pip: its own requirements and nothing else."""

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.support.http import post_json, send
from tests.support.installed import NAME, Installed
from tests.support.processes import URL, stop
from tests.support.shop import PASSWORD
from tests.support.tools import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ROOT / "requirements"
SERVE = ("serve", "--port", "0")


def test_an_installed_command_works_at_once(installed: Installed) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", installed.run("--version").stdout)
    assert "serve" in installed.run("--help").stdout
    assert json.loads(installed.run("openapi").stdout)["openapi"].startswith("3.1")


@pytest.fixture
def url(installed: Installed) -> Iterator[str]:
    """Where the installed command serves."""
    process = subprocess.Popen(
        [str(installed.folder / "bin" / "shopkeeper"), *SERVE],
        cwd=installed.folder,
        env=installed.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if found := URL.search(line):
            yield found[1]
            break
    else:
        pytest.fail(printed)
    stop(process)
    process.stdout.close()


def test_an_installed_command_serves_visits_accounts_and_sessions(url: str) -> None:
    assert send(url, "GET", "/counter").json["count"] == 1
    assert send(url, "GET", "/assets/main.js").status == 200
    ann = {"email": "ann@example.com", "password": PASSWORD}
    assert post_json(url, "/api/auth/register", {**ann, "name": "Ann"}).status == 201
    token = post_json(url, "/api/auth/login", ann).json["access_token"]
    assert send(url, "GET", "/api/users/me", headers={"Authorization": f"Bearer {token}"}).status == 200


REQUIRED = [str(NAME.match(requirement)[0]) for requirement in PROJECT["project"]["dependencies"]]  # type: ignore[index]


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("command", [("--version",), SERVE], ids=" ".join)
def test_a_library_that_is_missing_is_one_sentence_that_says_what_to_type(
    name: str, command: tuple[str, ...], installed: Installed, tmp_path: Path
) -> None:
    """As after `pip install --no-deps`, with all the others at hand."""
    lacking = Installed(tmp_path / "lacking")
    shutil.copytree(installed.folder, lacking.folder, symlinks=True)
    script = lacking.folder / "bin" / "shopkeeper"
    script.write_text(script.read_text().replace(str(installed.folder), str(lacking.folder)))
    for file in distribution(name).files or []:
        if file.parts[0] != "..":
            (lacking.packages / file.parts[0]).unlink(missing_ok=True)
    done = lacking.run(*command)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert re.search(rf"{lacking.folder}/bin/python -m pip install '?{name}[<>=0-9.,]+'?`\.$", done.stderr)
    assert not done.stdout


def test_there_is_nothing_more_to_install_for_some_but_what_sends_traces() -> None:
    assert set(PROJECT["project"]["optional-dependencies"]) == {"otel"}
    assert pinned("server").items() <= pinned("otel").items() | pinned("test").items()
    assert not any(name.startswith(("opentelemetry", "protobuf")) for name in pinned("server"))


def test_traces_are_tested_with_the_versions_that_the_extra_installs() -> None:
    assert pinned("otel").items() <= pinned("test").items()
    assert {"opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"} <= set(pinned("otel"))


def test_each_library_is_given_its_range_once() -> None:
    groups = PROJECT["dependency-groups"]
    for group in ("function", "tokens", "accounts"):
        for entry in groups[group]:
            assert isinstance(entry, dict) or entry in REQUIRED


def pinned(lock: str) -> dict[str, str]:
    lines = (LOCKS / f"{lock}.txt").read_text().splitlines()
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", "\n".join(lines), re.MULTILINE))


@pytest.mark.parametrize("function", ["function", "tokens", "accounts"])
def test_functions_run_the_versions_of_one_machine(function: str) -> None:
    assert pinned(function).items() <= pinned("server").items()


def test_functions_are_packed_with_no_more_than_they_need() -> None:
    assert set(pinned("function")) == {"msgspec"}
    assert set(pinned("tokens")) == {"msgspec", "pyjwt"}
    assert set(pinned("accounts")) - set(pinned("tokens")) == {
        *("argon2-cffi-bindings", "cffi", "pycparser"),
    }


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("*.txt")), ids=lambda path: str(path.name))
def test_a_lock_holds_hashes_and_names_no_index(lock: Path) -> None:
    text = lock.read_text()
    assert "--hash=sha256:" in text
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.MULTILINE)
