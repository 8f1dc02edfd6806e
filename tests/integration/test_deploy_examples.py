"""The examples of `deploy/`, tried without Docker and without a running systemd."""

import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.fronts import DEPLOY
from tests.support.http import send
from tests.support.image import FUNCTIONS, build_and_use, instructions, isolated, last
from tests.support.processes import SHOPKEEPER, Shopkeeper, clean_environment, shopkeeper
from tests.support.shop import Owner, order_for, place
from tests.support.tools import ROOT, need

INSTALLED = "/opt/shopkeeper/bin/shopkeeper"
MOST_EXPOSED = 20
"""Tenths of systemd's own measure, from 0 for the safest to 100."""


def run(
    *command: str | Path, folder: Path | None = None, variables: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=clean_environment(**(variables or {})),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_image_is_small_and_nobody_in_it_is_root() -> None:
    found = instructions()
    stages = [rest for name, rest in found if name == "FROM"]
    assert len(stages) == 2
    assert all(re.match(r"python:3\.\d+-slim-[a-z]+( AS build)?$", stage) for stage in stages)
    assert "AS" not in stages[-1]
    kinds = [name for name, _ in found]
    assert "ADD" not in kinds
    end = found[len(kinds) - 1 - kinds[::-1].index("FROM") :]
    assert re.fullmatch("[1-9][0-9]+", dict(end)["USER"])
    assert dict(end)["VOLUME"] == '["/data"]'
    for name, rest in found:
        if name == "RUN" and " pip install" in rest:
            assert "--no-cache-dir" in rest
            assert "--require-hashes" in rest or "--no-deps --no-build-isolation ." in rest
        if name in ("CMD", "ENTRYPOINT"):
            assert isinstance(json.loads(rest), list), "without a shell, signals reach the server"
        if name in ("ENV", "ARG"):
            assert not re.search("SECRET|PASSWORD|TOKEN", rest)


def test_the_package_can_be_built_from_what_the_image_gets(tmp_path: Path) -> None:
    context = tmp_path / "context"
    allowed = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert allowed[0] == "*"
    for copied in [rest.split()[:-1] for name, rest in instructions() if name == "COPY" and "--from" not in rest]:
        for name in copied:
            assert f"!{name}" in allowed, "what is ignored cannot be copied"
            assert (ROOT / name).exists()
            if name.startswith("requirements/"):
                continue
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, _parent(context / name))
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet", "--disable-pip-version-check"]
    done = run(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", tmp_path, context)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("shopkeeper-*.whl"))


def _parent(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_the_command_of_the_image_serves_and_its_health_check_says_whether(tmp_path: Path) -> None:
    entry, (serve, option, host) = json.loads(last("ENTRYPOINT")), json.loads(last("CMD"))
    assert (entry, serve, option) == (["shopkeeper"], "serve", "--host")
    variables = dict(pair.split("=", 1) for pair in last("ENV").split())
    assert variables["STORE_URL"] == "sqlite:////data/shop.db"
    probe, program, *rest = json.loads(last("HEALTHCHECK").partition(" CMD ")[2])
    assert probe == "python"
    server = Shopkeeper(tmp_path / "shop.db", 0, None, host=host)
    try:
        check = [sys.executable, program, rest[0].replace(":8000", f":{server.port}")]
        assert run(*check).returncode == 0
    finally:
        server.stop()
    assert run(*check).returncode != 0


def test_the_instructions_of_the_image_give_a_server_without_rights(tmp_path: Path) -> None:
    need("unshare")
    if isolated(f"{FUNCTIONS}begin trial", tmp_path).returncode != 0:
        pytest.skip("only root may lay a file system over this machine's; the workflow ci.yml uses Docker")
    done = isolated(build_and_use(), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "/data/monday.backup is a whole copy, checked." in done.stdout.splitlines()
    user = last("USER")
    assert done.stdout.splitlines()[-4:] == [user, f"{user} 700 /data", f"{user} 600 /data/shop.db", "read-only"]


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the units, whose program is one that this machine has."""
    folder = tmp_path_factory.mktemp("units")
    for path in [*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")]:
        (folder / path.name).write_text(path.read_text().replace(INSTALLED, "/bin/true"))
    return folder


def test_systemd_finds_no_fault_in_the_units(units: Path) -> None:
    names = sorted(f"./{path.name}" for path in units.iterdir())
    assert len(names) == 3
    done = run(need("systemd-analyze"), "verify", "--man=no", *names, folder=units)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize(("unit", "most"), [("shopkeeper", MOST_EXPOSED), ("shopkeeper-backup", 2 * MOST_EXPOSED)])
def test_the_units_have_few_rights(unit: str, most: int, units: Path) -> None:
    options = ["--offline=true", f"--threshold={most}", "--no-pager"]
    done = run(need("systemd-analyze"), "security", *options, f"./{unit}.service", folder=units)
    assert done.returncode == 0, done.stdout[-300:]


PR_SET_NO_NEW_PRIVS, PR_SET_MDWE = 38, 65
READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,ro,bind / && shift && exec "$@"'


def restrict() -> None:
    """Take from a process what NoNewPrivileges, MemoryDenyWriteExecute (Linux 6.3) and UMask of the unit take."""
    system = ctypes.CDLL(None, use_errno=True)
    system.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    system.prctl(PR_SET_MDWE, 1, 0, 0, 0)
    os.umask(0o077)


def test_a_server_with_few_rights_takes_an_order(tmp_path: Path) -> None:
    """Where root may have a mount namespace, all of the file system is read-only but the folder of the data."""
    state = tmp_path / "state"
    state.mkdir()
    program = (sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{RESTRICTED}", *SHOPKEEPER)
    confined = ("unshare", "--mount", "sh", "-c", READ_ONLY, "sh", str(state))
    is_possible = os.geteuid() == 0 and run(*confined, "true").returncode == 0
    variables = {"METRICS_PORT": "", "TMPDIR": str(state), "PYTHONDONTWRITEBYTECODE": "1"}
    with shopkeeper(state / "shop.db", variables, (*confined, *program) if is_possible else program) as server:
        owner = Owner(server.url)
        assert place(owner, order_for(owner.add())).status == 201
        assert send(server.url, "GET", "/counter").json["count"] == 1
    assert {path.stat().st_mode & 0o077 for path in state.iterdir()} == {0}


RESTRICTED = """
import os
from tests.integration.test_deploy_examples import restrict
restrict()
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Path]:
    """The data file of a server that runs."""
    with shopkeeper(tmp_path / "shop.db") as server:
        assert send(server.url, "GET", "/counter").status == 200
        yield tmp_path / "shop.db"


def test_the_backup_of_the_night_keeps_two_weeks(shop: Path) -> None:
    folder = shop.parent / "backups"
    folder.mkdir()
    for name, days in (("2026-01-01.backup", 20), ("2026-01-02.backup", 10), ("other", 20)):
        (folder / name).write_text("")
        then = time.time() - days * 86400
        os.utime(folder / name, (then, then))
    program = str(ROOT / ".venv" / "bin" / "shopkeeper")
    command: list[str | Path] = ["sh", DEPLOY / "backup.sh", shop, folder]
    done = run(*command, variables={"SHOPKEEPER": program})
    assert done.returncode == 0, done.stderr
    today = f"{time.strftime('%Y-%m-%d')}.backup"
    assert {path.name for path in folder.iterdir()} == {today, "2026-01-02.backup", "other"}
    assert run(program, "restore", folder / today, "--check", "--data", shop).returncode == 0
    os.utime(folder / "2026-01-02.backup", (0, 0))
    assert run(*command, variables={"SHOPKEEPER": program}).returncode != 0, "nothing is overwritten"
    assert (folder / "2026-01-02.backup").exists(), "after a failure nothing is removed"


def test_caddy_finds_no_fault_and_would_format_nothing(tmp_path: Path) -> None:
    caddy, home = (
        need("caddy"),
        {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
    )
    file = DEPLOY / "Caddyfile"
    done = run(caddy, "validate", "--adapter", "caddyfile", "--config", file, variables=home)
    assert (done.returncode, "Valid configuration" in done.stdout + done.stderr) == (0, True)
    assert run(caddy, "fmt", file, variables=home).stdout == file.read_text()


def test_promtool_finds_no_fault_in_the_alerts() -> None:
    promtool = need("promtool")
    assert run(promtool, "check", "rules", DEPLOY / "alerts.yml").returncode == 0
    assert run(promtool, "check", "config", "--syntax-only", DEPLOY / "prometheus.yml").returncode == 0
