"""What the tests of deployment share, and the table that they end with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.descriptions import NAMES, copy_repository
from tests.deploy.emulator import Aws, ministack

STEPS = ("valid", "agrees", "deployed", "collection", "consumers", "removed")
SEEN = pytest.StashKey[dict[tuple[str, str], list[str]]]()


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """An emulator of AWS, one for each process of the tests."""
    with ministack(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what deploying needs."""
    return copy_repository(tmp_path_factory.mktemp("repository"))


def pytest_configure(config: pytest.Config) -> None:
    """Know the mark that puts a test into the table."""
    config.addinivalue_line("markers", "step(name): the column of the table that a test decides")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note for each marked test which field of the table it decides."""
    for item in items:
        mark = item.get_closest_marker("step")
        if mark is not None:
            parameters = getattr(item, "callspec", None)
            description = parameters.params.get("description", "all") if parameters else "all"
            item.user_properties.append(("field", (description, mark.args[0])))


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Print the table: description by step."""
    fields: dict[tuple[str, str], list[str]] = {}
    for outcome in ("passed", "failed", "skipped", "error"):
        for report in terminalreporter.getreports(outcome):
            for name, field in getattr(report, "user_properties", []):  # none of a module that was not imported
                if name == "field" and (report.when == "call" or outcome != "passed"):
                    description, step = field
                    for one in NAMES if description == "all" else (description,):
                        fields.setdefault((one, step), []).append(outcome)
    if not fields:
        return
    terminalreporter.section("descriptions")
    terminalreporter.line("".join(f"{title:<13}" for title in ("", *STEPS)))
    for name in NAMES:
        row = [_sum_up(fields.get((name, step), [])) for step in STEPS]
        terminalreporter.line("".join(f"{field:<13}" for field in (name, *row)))


def _sum_up(outcomes: list[str]) -> str:
    if not outcomes:
        return "not run"
    return "yes" if set(outcomes) == {"passed"} else "NO"
