"""What the repository says of itself is true: versions, decisions, locks, and names that must not be there."""

import re
import subprocess
from pathlib import Path

from shopkeeper import __version__
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.openapi import openapi_document
from shopkeeper.http import Access
from tests.support.tools import ROOT


def committed() -> list[str]:
    """Return every file that git knows."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.splitlines() if (ROOT / name).is_file()]


def test_the_changelog_begins_with_this_version() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == __version__


def test_the_openapi_document_has_every_endpoint_for_sites_once() -> None:
    paths = openapi_document()["paths"]
    documented = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    endpoints = [endpoint for function in FUNCTIONS for endpoint in function.endpoints]
    endpoints = [endpoint for endpoint in endpoints if endpoint.access is not Access.AWS_IAM]
    assert documented == {(method, endpoint.path) for endpoint in endpoints for method in endpoint.methods}


def test_no_parameter_can_be_null() -> None:
    for methods in openapi_document()["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", []):
                assert {"type": "null"} not in parameter["schema"].get("anyOf", []), parameter
                assert parameter["schema"].get("default", "none") is not None


def test_the_reference_has_every_endpoint_once_with_its_function() -> None:
    reference = (ROOT / "docs" / "reference.md").read_text()
    rows = re.findall(r"^\| `([A-Z]+ /\S*)` \| `(\w+)` \|", reference, re.MULTILINE)
    endpoints = [(f"{one.method} {one.path}", function.name) for function in FUNCTIONS for one in function.endpoints]
    assert sorted(rows) == sorted(endpoints)


def test_the_page_on_deploying_has_every_schedule_and_stream_with_its_function_and_its_interval() -> None:
    rows = re.findall(
        r"^\| ((?:schedule|stream) .+?) \| `(\w+)` \|", (ROOT / "docs" / "deployment.md").read_text(), re.M
    )
    found = {
        (kind, name, function, every or "1")
        for sources, function in rows
        for kind, name, every in re.findall(r"(schedule|stream) `([\w-]+)`(?:, every (\d+) minutes)?", sources)
    }
    streams = {("stream", one.name, function.name, "1") for function in FUNCTIONS for one in function.streams}
    schedules = {
        ("schedule", one.name, function.name, str(one.minutes)) for function in FUNCTIONS for one in function.schedules
    }
    assert found == streams | schedules


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert pages
    assert re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", index) == pages


def test_the_locks_have_hashes_and_name_no_index() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text
        assert all("--hash=sha256:" in part for part in re.split(r"\n(?=[a-z])", text.strip()))
    package_lock = (ROOT / "package-lock.json").read_text()
    assert "://" not in package_lock
    assert '"resolved"' not in package_lock


HOSTS = ["pypi" + ".org", "pythonhosted" + ".org", "registry." + "npmjs", "npmjs" + ".org", "deb." + "debian"]
PLACES = ["/wo" + "rk/", "/ro" + "ot/", "/home" + "/"]


def test_no_file_names_a_registry_or_a_place_of_one_machine() -> None:
    for name in committed():
        text = (ROOT / name).read_bytes().decode(errors="replace")
        for word in [*HOSTS, *PLACES]:
            assert word not in text, f"{name} has {word}"


def test_every_link_between_documents_leads_to_a_file_and_to_a_heading_of_it() -> None:
    for name in committed():
        if name.endswith(".md"):
            for target, heading in re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", prose(ROOT / name)):
                if "://" not in target:
                    file = (ROOT / name).parent / target if target else ROOT / name
                    assert file.exists(), f"{name} links to {target}"
                    assert not heading or heading in headings(file), f"{name} links to {target}#{heading}"


def prose(file: Path) -> str:
    """Return a document without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", file.read_text(), flags=re.MULTILINE | re.DOTALL)


def headings(file: Path) -> set[str]:
    """Return the headings of a document as links name them (github-slugger)."""
    found = re.findall(r"^#+ (.+)$", prose(file), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}
