"""A new operator: an empty folder, the installed wheel, a file of settings, a check, a server, and the first people."""

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from shopkeeper import __version__
from tests.support.http import Answer, post_json, send
from tests.support.installed import Installed
from tests.support.processes import Shopkeeper, clean_environment
from tests.support.shop import PASSWORD
from tests.support.tools import ROOT

KEY = "5e0f1c9a7b3d2846a1c0e9f8d7b6a594"
BUSINESS = {"business_name": "Café Zoë", "phone": "+4930123456", "address": "1 Main St"}
ZOE, ANN = "zoe@example.com", "ann@example.com"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The operator's folder, in which all that follows is typed."""
    file = tmp_path / ".env"
    file.write_text(f"# The shop\nSTAGE=prod\nJWT_SECRET_KEY='{KEY}'\nREGISTRATION=closed\n")
    file.chmod(0o600)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def register(url: str, **more: str) -> Answer:
    return post_json(url, "/api/auth/register", {"email": ANN, "password": PASSWORD, "name": "Ann", **more})


def test_from_an_empty_folder_to_an_invited_owner(installed: Installed, place: Path) -> None:
    checked = installed.run("check", place=place)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert f"Shopkeeper {__version__}\n" in checked.stdout
    assert "registration: closed, nobody can make an account but with a link of `shopkeeper invite`\n" in checked.stdout
    assert KEY not in checked.stdout

    server = Shopkeeper(place / "shopkeeper.db", 0, (installed.command,))
    try:
        assert any("(stage prod)" in line for line in server.lines)
        assert register(server.url).json["code"] == "registration_closed"
        stranger = {**BUSINESS, "email": ANN, "cognito_user_id": "stranger"}
        assert post_json(server.url, "/auth/register-business", stranger).status == 401
        first = {"email": ZOE, "password": PASSWORD, "business": BUSINESS}
        assert send(server.url, "GET", "/api/setup").json["needed"], "nobody was first"
        assert post_json(server.url, "/api/setup", first).status == 201
        assert installed.run("invite", "bob@example.com", place=place).returncode == 0, "it works with closed, too"
    finally:
        server.stop()

    settings = place / ".env"
    settings.write_text(settings.read_text().replace("closed", "invite") + "SITE_URL=https://shop.example\n")
    server = Shopkeeper(place / "shopkeeper.db", 0, (installed.command,))
    try:
        assert register(server.url).json["code"] == "invitation_required"
        printed = installed.run("invite", "Ann@example.com", place=place)
        assert printed.returncode == 0, printed.stderr
        found = re.fullmatch(r"https://shop\.example/invite#(\S+)\n", printed.stdout)
        assert found is not None
        link = parse_qs(found[1])
        assert link["email"] == [ANN]
        (token,) = link["token"]
        assert register(server.url, email="eve@example.com", invitation=token).json["code"] == "invalid_invitation"
        assert register(server.url, invitation=token).json["email_confirmed_at"] is not None
        assert register(server.url, invitation=token).json["code"] == "already_registered"
        again = installed.run("invite", ANN, place=place)
        assert (again.returncode, again.stderr) == (2, "There is an account with this email address.\n")
    finally:
        server.stop()
    assert installed.run("check", place=place).returncode == 0


def test_the_page_installs_the_wheel_as_it_says(wheel: Path, tmp_path: Path) -> None:
    """The libraries are those of the tests' environment, in place of a download."""
    shutil.copy(wheel, tmp_path)
    typed = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "operating.md").read_text(), re.DOTALL)[0]
    libraries = sysconfig.get_path("purelib")
    environment = clean_environment(PIP_NO_INDEX="1", PIP_NO_DEPS="1", PYTHONPATH=libraries)
    command = ["sh", "-e", "-c", typed.replace("python3 ", f"{sys.executable} ")]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"\n{__version__}\n")
    assert (tmp_path / "env" / "bin" / "shopkeeper").exists()


def test_the_module_is_the_command(installed: Installed) -> None:
    command = [str(installed.folder / "bin" / "python"), "-m", "shopkeeper", "--version"]
    done = subprocess.run(command, env=installed.environment(), capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == installed.run("--version").stdout == f"{__version__}\n"
