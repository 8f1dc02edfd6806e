"""`shopkeeper import traffic` and `shopkeeper traffic report`, as an operator runs them."""

from pathlib import Path

import pytest

from shopkeeper.domains.traffic.records import day_item
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES, TRAFFIC
from tests.support.processes import run_cli, shopkeeper
from tests.support.visited import HOST, rollup

SITES = {"SITES": HOST}
DAYS = "period,dimension,name,count\n2026-11-02,views,,5\n2026-11-02,pages,/menu,5\n2026-11-03,views,,x\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data file."""
    path = tmp_path / "shop.db"
    SQLiteStore(path, TABLES).close()
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "days.csv"
    path.write_text(DAYS)
    return path


def imported(data: Path, file: Path, *more: str) -> tuple[int, str, str]:
    done = run_cli(
        *("import", "traffic", str(file), "--format", "shopkeeper", "--site", HOST, "--data", str(data), *more), **SITES
    )
    return done.returncode, done.stdout, done.stderr


def test_an_import_says_what_became_of_the_days_and_names_the_lines_that_it_could_not_read(
    data: Path, file: Path
) -> None:
    status, printed, warned = imported(data, file)
    assert (status, printed) == (0, "days: 1 written, 0 as they were\nmonths: 0 written\n")
    assert warned == "days.csv, line 4: 'x' is no count\nLines that could not be read: 1.\n"
    assert imported(data, file)[1] == "days: 0 written, 1 as they were\nmonths: 0 written\n"


def test_an_import_shows_its_progress_on_standard_error_if_asked_for(data: Path, file: Path) -> None:
    status, printed, warned = imported(data, file, "--progress")
    assert (status, printed) == (0, "days: 1 written, 0 as they were\nmonths: 0 written\n")
    assert {f"bytes read: {len(DAYS)} of {len(DAYS)}", "days: 1 of 1"} <= set(warned.splitlines())


def test_days_that_were_counted_here_are_refused_by_name(data: Path, file: Path) -> None:
    store = SQLiteStore(data, TABLES)
    store.put(TRAFFIC, day_item(HOST, "2026-11-02", rollup(1, 1)))
    store.close()
    status, printed, warned = imported(data, file)
    assert (status, printed) == (0, "days: 0 written, 0 as they were\nmonths: 0 written\n")
    assert warned.startswith("Refused, since it was counted here: 2026-11-02.\n")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--site", "elsewhere.example"), "elsewhere.example is neither a host of SITES nor a business."),
        (("--format", "plausible"), "There is no file like imported_visitors_20260101_20261231.csv."),
    ],
)
def test_a_mistake_is_one_sentence(data: Path, file: Path, arguments: tuple[str, ...], why: str) -> None:
    status, printed, warned = imported(data, file, *arguments)
    assert (status, printed, warned) == (2, "", f"{why}\n")


def test_a_report_is_a_table_of_the_totals_and_of_what_was_counted_most(data: Path) -> None:
    store = SQLiteStore(data, TABLES)
    store.put(TRAFFIC, day_item(HOST, "2026-11-02", rollup(4, 2, p={"/": 4})))
    store.put(TRAFFIC, day_item(HOST, "2026-11-03", rollup(5, 3, p={"/menu": 4, "[b]/x": 1}, s={"direct": 3})))
    store.close()
    report = ("traffic", "report", "--data", str(data))
    done = run_cli(*report, "--from", "2026-11-03", "--to", "2026-11-03", **SITES)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["example.com,", "2026-11-03", "to", "2026-11-03", "(UTC)"]
    for line in (["views", "5", "4", "+25", "%"], ["uniques", "3", "2", "+50", "%"], ["/menu", "4"], ["[b]/x", "1"]):
        assert line in lines, done.stdout
    assert run_cli(*report, "--week", **SITES).returncode == 0
    assert (
        run_cli(*report, "--week", "--from", "2026-11-03", **SITES).stderr == "--week goes without --from and --to.\n"
    )
    assert "from must be a date" in run_cli(*report, "--from", "soon", **SITES).stderr
    assert run_cli(*report).stderr == "SITES names no host; --site must name a business.\n"


def test_an_import_and_a_report_work_beside_a_running_server(data: Path, file: Path) -> None:
    with shopkeeper(data, SITES):
        assert imported(data, file)[0] == 0
        assert "views" in run_cli("traffic", "report", "--data", str(data), **SITES).stdout
