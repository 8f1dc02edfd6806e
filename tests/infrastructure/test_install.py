"""What somebody gets who installs Shopkeeper with pip: its own requirements and nothing else."""

import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest

from tests.support.http import post_json, send
from tests.support.processes import URL, clean_environment, stop
from tests.support.shop import PASSWORD
from tests.support.tools import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ROOT / "requirements"
NAME = re.compile(r"[A-Za-z0-9._-]+")
SERVE = ("serve", "--port", "0")


class Installed:
    """Shopkeeper in a virtual environment of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))

    def environment(self, **variables: str) -> dict[str, str]:
        return clean_environment(HOME=str(self.folder), **variables)

    def run(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run the command that pip installed."""
        return subprocess.run(
            [str(self.folder / "bin" / "shopkeeper"), *arguments],
            cwd=self.folder,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def required(of: Distribution, names: set[str]) -> set[str]:
    """Return `names` with what a distribution of this environment requires, and what that requires."""
    for requirement in of.requires or []:
        specifier, _, marker = requirement.partition(";")
        name = str(NAME.match(specifier)[0])  # type: ignore[index]
        if "extra" in marker or name in names:
            continue
        try:
            found = distribution(name)
        except ModuleNotFoundError:
            continue  # for another system or Python; where it is not, pip fails below
        names.add(name)
        required(found, names)
    return names


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is published."""
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """`pip install` of the wheel, where the libraries are there that its own metadata asks for, and no others.

    They are linked from the environment of the tests, in place of a download; pip refuses if one were missing.
    """
    made = Installed(tmp_path_factory.mktemp("installed"))
    venv.create(made.folder, with_pip=False)
    metadata = Distribution.at(_unpacked(wheel, tmp_path_factory.mktemp("unpacked")))
    for name in required(metadata, set()):
        for file in distribution(name).files or []:
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not (made.packages / top).is_symlink():
                (made.packages / top).symlink_to(Path(str(distribution(name).locate_file(top))))
    pip("--python", str(made.folder / "bin" / "python"), "install", "--no-index", str(wheel))
    return made


def _unpacked(wheel: Path, folder: Path) -> Path:
    shutil.unpack_archive(wheel, folder, "zip")
    (found,) = folder.glob("*.dist-info")
    return found


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


def test_there_is_nothing_more_to_install_for_some() -> None:
    assert "optional-dependencies" not in PROJECT["project"]


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
        *("argon2-cffi", "argon2-cffi-bindings", "cffi", "pycparser"),
    }


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("*.txt")), ids=lambda path: str(path.name))
def test_a_lock_holds_hashes_and_names_no_index(lock: Path) -> None:
    text = lock.read_text()
    assert "--hash=sha256:" in text
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.MULTILINE)
