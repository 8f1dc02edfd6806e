"""To add an endpoint or a scheduled job, one edits the files that CONTRIBUTING names, and all else follows."""

import json
from pathlib import Path

import pytest

from tests.support.extending import ENDPOINT, JOB, add, copy_sources, in_copy
from tests.support.http import send
from tests.support.processes import SHOPKEEPER, shopkeeper
from tests.support.tools import ROOT

WRITTEN = {"docs/openapi.json", "infrastructure/facts.json", "infrastructure/sam/template.yaml"}
"""What `make openapi facts` writes."""

ROUTE = "/counter/{counter_id}/days"


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources with the sample endpoint and the sample job."""
    root = copy_sources(tmp_path_factory.mktemp("extended"))
    add(root, ENDPOINT, JOB)
    return root


def test_nothing_but_these_files_differs(extended: Path) -> None:
    copied = [path for path in extended.rglob("*") if path.is_file()]
    names = {str(path.relative_to(extended)) for path in copied}
    differing = {
        name
        for name in names
        if not (ROOT / name).is_file() or (ROOT / name).read_bytes() != (extended / name).read_bytes()
    }
    assert differing == {*ENDPOINT, *JOB, *WRITTEN}
    assert len(differing - WRITTEN) == 7, "five for the endpoint, two for the job"


def test_the_facts_have_them(extended: Path) -> None:
    facts = json.loads((extended / "infrastructure/facts.json").read_text())
    assert {route: facts["routes"][route] for route in (f"GET {ROUTE}", f"HEAD {ROUTE}")} == {
        f"GET {ROUTE}": "visits",
        f"HEAD {ROUTE}": "visits",
    }
    assert facts["schedules"]["visit-report"] == {
        "function": "visits",
        "rate": "rate(5 minutes)",
        "input": {"schedule": "visit-report"},
        "dead_letters": "visit-report-dead-letters",
    }
    assert {"actions": ["sqs:SendMessage"], "queues": ["visit-report-dead-letters"]} in (
        facts["functions"]["visits"]["statements"]
    )


def test_the_document_has_the_endpoint(extended: Path) -> None:
    operation = json.loads((extended / "docs/openapi.json").read_text())["paths"][ROUTE]["get"]
    assert operation["operationId"] == "countDays"
    assert (operation["summary"], operation["description"]) == (
        "Return the visits of a page",
        "They are counted day by day.",
    )
    assert operation["responses"]["200"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/CountedDays"
    }
    assert [parameter["name"] for parameter in operation["parameters"]] == ["counter_id"]
    assert operation["responses"]["200"]["content"]["application/json"]["example"] == {"days": {"2026-11-21": 42}}


def test_the_sam_template_has_both(extended: Path) -> None:
    template = (extended / "infrastructure/sam/template.yaml").read_text()
    assert template.count(f'Path: "{ROUTE}"') == 2  # GET and HEAD
    assert "/counter/{counter_id}/days: { options: *preflight }" in template
    assert "rate(5 minutes)" in template
    assert "visit-report-dead-letters" in template


def test_one_machine_answers_the_endpoint_and_runs_the_job(extended: Path, tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(extended / "src")}
    with shopkeeper(tmp_path / "shop.db", environment, SHOPKEEPER) as server:
        send(server.url, "GET", "/counter/about")
        answer = send(server.url, "GET", "/counter/about/days")
        assert list(answer.json["days"].values()) == [1]
        assert send(server.url, "HEAD", "/counter/about/days").status == 200
        line = json.loads(server.line_with('"message":"schedule"'))
        assert (line["level"], line["name"]) == ("INFO", "visit-report")
        assert '"SiteVisits":1' in server.line_with("SiteVisits")


def test_a_package_holds_them(extended: Path) -> None:
    packed = in_copy(
        extended, "-c", "import sys; sys.path[0] = 'scripts'; import package; print(*package.source_files('visits'))"
    )
    assert "shopkeeper/domains/visits/report.py" in packed.split()
