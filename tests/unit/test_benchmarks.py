"""The benchmark says what it cannot measure, judges what it can, and draws what it measured."""

import json
import platform
import shutil
import subprocess
import sys
import sysconfig
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as main
from benchmarks import (
    bars,
    browsing,
    chart,
    cost,
    environments,
    floods,
    lambda_calls,
    live,
    load,
    packed,
    report,
    servers,
    sharding,
    user_agents,
)
from benchmarks.__main__ import CHART, DOCUMENT
from benchmarks.__main__ import RESULTS as KEPT
from benchmarks.runtime_api import Function
from shopkeeper.operator.costing import PRICES
from tests.support.measured import PATHS, RESULTS, figures, latencies, latency, paints, rates, years


def verdicts(results: dict[str, Any]) -> dict[str, bool]:
    return {bar: holds for bar, _, _, holds in bars.checked(results)}


def test_every_bar_is_judged_and_these_figures_reach_them_all() -> None:
    found = verdicts(RESULTS)
    assert len(found) == 92
    assert all(found.values()), found


WORSE = [
    ("cold", "visits", figures(105), "cold visits ÷ founding"),
    ("cold", "visits", figures(103), "cold visits ÷ nothing"),
    ("cold", "orders", figures(121), "cold orders ÷ founding"),
    ("cold", "health", figures(121), "cold health ÷ founding"),
    (
        "tracing",
        "cold",
        figures(1.17),
        "cold visits, what tracing adds, ms of the processor where nothing starts in 43 ms",
    ),
    (
        "tracing",
        "warm",
        figures(0.117),
        "warm visits, what tracing adds, ms of the processor where nothing starts in 43 ms",
    ),
    ("warm", "visits", figures(2.5), "warm visits ÷ founding"),
    (
        "cost",
        lambda_calls.BRIEF,
        {"function": 0.2, "log": 0.06, "all": 4.42},
        "a million visits with brief lines, $, below those of founding",
    ),
    ("packages", "visits", {"zipped_mb": 4.1}, "package visits, MB"),
    ("servers", "ours", {"memory_mb": 101.0, "flushes": 1}, "memory of one machine under load, MB"),
    ("floods", floods.LOGINS, latencies(51), "p99 of visits during 400 logins, ms"),
    ("floods", floods.LOGINS, latencies(101), "p99 of posts during 400 logins, ms"),
    ("live", live.TOLD, {"p50_ms": 5, "p95_ms": 201, "p99_ms": 300}, "p95 of an order told, ms"),
    ("live", live.AMONG, {"p50_ms": 5, "p95_ms": 49, "p99_ms": 51}, "p99 of a visit while 1,000 wait, ms"),
    ("pages", "live", {browsing.HEARD: latency(1001)}, "p95 of an order heard on the board, ms"),
    ("pages", "paints", {"orders": paints(301)}, "median of the first paint of orders, ms"),
    ("pages", "interactions", {"board: accept": latency(101)}, "p95 of board: accept, ms"),
    ("floods", "no flood", latencies(101), "p99 of visits during no flood, ms"),
    ("bots", "shares", {**RESULTS["bots"]["shares"], user_agents.BOTS[0]: 98.9}, "bots of Matomo found, %"),
    ("bots", "shares", {**RESULTS["bots"]["shares"], user_agents.PEOPLE[1]: 1.3}, "people of user-agents flagged, %"),
    ("traffic", "script", {"bytes": 1501, "zipped": 850}, "the script, bytes"),
    ("traffic", "writes", {"an internal view": 2, "an entry view": 2}, "writes of an internal view"),
    ("traffic", "rate", {**rates(3999), "flushes": 1.0, "missing": 0}, "hits kept a second at 64"),
    ("traffic", "rate", {**rates(5000), "flushes": 1.0, "missing": 1}, "hits answered under load and not kept"),
    ("traffic", "killed", {"rounds": 1, "answered": 9, "lost": 1}, "hits answered before kill -9 and lost"),
    ("traffic", "uniques", {"day": 1.01, "month": 0, "sum_of_days": 1}, "visitors of a day against people, %"),
    ("traffic", "uniques", {"day": 1, "month": -6.01, "sum_of_days": 1}, "visitors of a month against people, %"),
    ("traffic", "year", years(51, 51, 51), "12 months read from SQLite, slowest size, ms"),
    ("traffic", "year", years(30, 40, 51), "12 months read from DynamoDB, processor time of ours, ms"),
    ("traffic", "year", years(30, 40, 30), "12 months read from DynamoDB, slowest ÷ quickest size"),
    ("traffic", "paths", {"bytes": 240_000, "miscounted": 0, **PATHS}, "bytes of an hour of random paths"),
    ("traffic", "paths", {"bytes": 200_000, "miscounted": 1, **PATHS}, "hits with random paths miscounted"),
    ("growth", "1000000", {"list": 1.3, "get": 1, "post": 2}, "a page of orders, slowest ÷ quickest size"),
    ("growth", "1000000", {"list": 0.8, "get": 1, "post": 2}, "a page of orders, slowest ÷ quickest size"),
    ("growth", "1000000", {"list": 1, "get": 1, "post": 3}, "a new order, slowest ÷ quickest size"),
]


@pytest.mark.parametrize(("kind", "name", "worse", "bar"), WORSE)
def test_a_figure_beyond_its_bar_is_missed(kind: str, name: str, worse: dict[str, float], bar: str) -> None:
    results = {**RESULTS, kind: {**RESULTS[kind], name: worse}}
    assert not verdicts(results)[bar]
    assert any(line.startswith("MISSED") and bar in line for line in bars.lines(results))


SLOWER = [
    ("visits", "at 1", 4300, {"visits at 1 ÷ b8cfffd"}),
    ("visits", "at 16", 8700, {"visits at 16 ÷ b8cfffd"}),
    ("visits", "at 256", 9900, {"visits at 256 ÷ b8cfffd"}),
    ("visits", "at 16", 6500, {"visits at 16 ÷ b8cfffd", "visits at 16 ÷ pocketbase"}),
    ("orders", "at 16", 6700, {"orders at 16 ÷ b8cfffd"}),
    ("orders", "at 256", 7900, {"orders at 256 ÷ b8cfffd"}),
    ("orders", "at 256", 3500, {"orders at 256 ÷ b8cfffd", "orders at 256 ÷ pocketbase"}),
]


@pytest.mark.parametrize(("kind", "at", "per_second", "bars_missed"), SLOWER)
def test_one_machine_is_judged_by_how_much_faster_it_is_than_each_other(
    kind: str, at: str, per_second: float, bars_missed: set[str]
) -> None:
    slower = {**RESULTS["throughput"][kind], f"ours {at}": rates(per_second)}
    found = verdicts({**RESULTS, "throughput": {**RESULTS["throughput"], kind: slower}})
    assert {bar for bar, holds in found.items() if not holds} == bars_missed


def test_what_was_not_measured_is_not_judged() -> None:
    assert verdicts({}) == {}
    assert list(bars.lines({})) == [""]
    left = {kind: figures for kind, figures in RESULTS.items() if kind != "throughput"}
    assert verdicts(left).keys() < verdicts(RESULTS).keys()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without any environment or package of a contestant."""
    for module in (environments, packed):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    monkeypatch.setattr(environments, "ROOT", tmp_path)
    monkeypatch.setattr(packed, "DIST", tmp_path)
    return tmp_path


def test_what_is_missing_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lambda_calls.ready(lambda_calls.CONTESTANTS) == []
    assert "The functions are left out: they are measured only on Python 3.13." in capsys.readouterr().out
    interpreter = folder / "lambda" / "bin" / "python"
    interpreter.parent.mkdir(parents=True)
    interpreter.touch()
    packed.make()
    assert [contestant.name for contestant in lambda_calls.ready(lambda_calls.CONTESTANTS)] == ["nothing", "founding"]
    assert main.packages(True) == {}
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert load.measure(1, 1) == {}
    said = capsys.readouterr().out
    assert "fastapi is left out: it has no package." in said
    assert "The packages are left out" in said
    assert "wrk is not installed" in said


def test_functions_are_measured_on_lambdas_python_or_not_at_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[str] = []
    monkeypatch.setattr(environments, "_make", lambda name, *_: made.append(name))
    monkeypatch.setattr(environments, "python313", lambda: None)
    environments.make()
    assert made == ["fastapi_sqlite", "pocketbase", "node", environments.FORMER]
    assert "no Python 3.13" in capsys.readouterr().out
    monkeypatch.setattr(lambda_calls, "stage", None)
    assert main.on_lambda(quick=True) == {}


def test_an_environment_that_cannot_be_made_is_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environments, "python313", lambda: "/bin/false")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    monkeypatch.setenv("PATH", str(folder))
    environments.make()
    assert capsys.readouterr().out.count("it cannot be created and is left out") == 7
    assert list(folder.iterdir()) == []
    assert list(servers.ready()) == ["ours"]
    assert "node is left out: it has no environment." in capsys.readouterr().out


def test_a_clone_without_the_former_commit_leaves_it_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environments, "_environment", lambda *_: [])
    monkeypatch.setattr(environments, "_modules", lambda *_: [])
    monkeypatch.setattr(environments, "python313", lambda: None)
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    environments.make()
    assert "it cannot be created and is left out: fatal: not a valid object name: b8cfffd" in capsys.readouterr().out
    assert environments.FORMER not in servers.ready()


def test_every_function_of_ours_is_measured_cold() -> None:
    assert set(packed.OURS) <= {contestant.name for contestant in lambda_calls.CONTESTANTS}


def test_a_peers_package_is_its_libraries_and_its_handler_without_byte_code(folder: Path) -> None:
    for name in ("aws_lambda_powertools/__init__.py", "aws_lambda_powertools/__pycache__/__init__.cpython-313.pyc"):
        path = environments.libraries("powertools") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    packed.make()
    packed.unpack("powertools", folder / "task")
    files = {str(path.relative_to(folder / "task")) for path in (folder / "task").rglob("*") if path.is_file()}
    assert files == {"aws_lambda_powertools/__init__.py", "handler.py"}
    assert packed.sizes("powertools")["unpacked_mb"] < 0.01


CLIENT = """
import http.client, importlib, os, sys
name, _, function = sys.argv[1].rpartition(".")
handler = getattr(importlib.import_module(name), function)
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    asked = api.getresponse()
    asked.read()
    path = f"/2018-06-01/runtime/invocation/{asked.getheader('Lambda-Runtime-Aws-Request-Id')}/response"
    api.request("POST", path, handler())
    api.getresponse().read()
"""
"""The least of AWS's client: it asks for events, and sends what the handler returns."""


def test_no_start_of_a_function_leaves_byte_code_for_the_next(tmp_path: Path) -> None:
    task = tmp_path / "task"
    task.mkdir()
    (task / "awslambdaric.py").write_text(CLIENT)
    (task / "handler.py").write_text("import json\nhandler = lambda: json.dumps({'statusCode': 200})\n")
    for _ in range(2):
        function = Function(Path(sys.executable), "handler.handler", task, {}, tmp_path / "log")
        try:
            assert function.call({}, 200) > function.began
        finally:
            function.end()
        assert sorted(path.name for path in task.iterdir()) == ["awslambdaric.py", "handler.py"]


def test_the_report_says_which_pythons_ran_and_how_they_were_built() -> None:
    built = environments.build(Path(sys.executable))
    assert (built["version"], built["compiler"]) == (platform.python_version(), platform.python_compiler())
    options = sysconfig.get_config_var("CONFIG_ARGS")
    assert built["pgo"] == ("--enable-optimizations" in options)
    machine = {"processors": 2, "system": "x86_64", "python": {**built, "version": "3.11.7", "compiler": "GCC 9.9.9"}}
    lambdas = {"version": "3.13.0", "compiler": "GCC 12.2.0", "pgo": True, "lto": False}
    said = list(report.tables({"machine": machine, "lambda_python": lambdas}))
    assert any(line.startswith("Servers on Python 3.11.7, built by GCC 9.9.9 with") for line in said)
    assert "Functions on Python 3.13.0, built by GCC 12.2.0 with PGO and without LTO." in said


def test_the_report_shows_one_machine_beside_its_peers_and_during_floods() -> None:
    machine = {"processors": 2, "system": "x86_64", "python": environments.build(Path(sys.executable))}
    flushed = {"pocketbase": {"memory_mb": 68.0, "flushes": 0.05}, "node": {"memory_mb": 85.0, "flushes": None}}
    said = list(report.tables({**RESULTS, "machine": machine, "servers": {**RESULTS["servers"], **flushed}}))
    assert "| b8cfffd at 16 | 4,000 | 1 | 2 | 1 | 45 | 70 |" in said
    assert "| ours | 90 | 1.00 | yes |" in said
    assert "| pocketbase | 68 | 0.05 | **no** |" in said
    assert "| node | 85 | not counted |  |" in said
    assert f"| {floods.LOGINS} | 45.0 | 45.0 | 45.0 | 45.0 | 100 % |" in said


def test_the_report_shows_the_pages() -> None:
    machine = {"processors": 2, "system": "x86_64", "python": environments.build(Path(sys.executable))}
    said = list(report.tables({**RESULTS, "machine": machine}))
    assert f"| {browsing.SHOWN} | 1,000.0 | 1,000.0 | 1,000.0 |" in said
    assert f"| {browsing.FIRST_RUN} | 300 | 300 | 300 | 300 |" in said
    assert "| board: accept | 100.0 | 100.0 | 100.0 |" in said


def test_the_report_shows_the_traffic_beside_its_peers() -> None:
    machine = {"processors": 2, "system": "x86_64", "python": environments.build(Path(sys.executable))}
    said = list(report.tables({**RESULTS, "machine": machine}))
    for line in (
        "| Shopkeeper | 1,500 | 850 |",
        "| GoatCounter | 9,213 | 3,325 |",
        "| kept a second at 64 connections | 4,000 (1 to 2) |",
        "| answered before 30 times kill -9 | 9,000, lost 0 |",
        "| visitors of the month | +6 % |",
        "| SQLite | 50.0, 50.0 | 50.0, 50.0 |",
        "| 10,000,000 | 1.50 | 1.00 | 1.00 | 5.00 | 12.87 |",
    ):
        assert line in said


def test_traffic_without_wrk_or_packages_is_judged_by_the_rest() -> None:
    left = {name: kept for name, kept in RESULTS["traffic"].items() if name not in ("cold", "warm", "cost")}
    found = verdicts({**RESULTS, "traffic": {**left, "rate": {}}})
    assert all(found.values())
    assert set(found) < set(verdicts(RESULTS))
    machine = {"processors": 2, "system": "x86_64", "python": environments.build(Path(sys.executable))}
    assert not any(
        "kept a second" in line for line in report.tables({"machine": machine, "traffic": {**left, "rate": {}}})
    )


def test_without_chromium_the_pages_are_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert main.pages(quick=True) == {}
    assert "The pages are left out: Chromium is not installed." in capsys.readouterr().out


def test_the_chart_is_an_svg_with_a_bar_for_every_figure() -> None:
    root = ElementTree.fromstring(chart.draw(RESULTS))
    rows = len(RESULTS["cold"]) + 2 * len(RESULTS["warm"]) + len(RESULTS["throughput"]["visits"])
    assert len(root.findall(".//{http://www.w3.org/2000/svg}rect")) == rows
    assert "FastAPI" in "".join(root.itertext())


def test_a_million_visits_cost_what_the_prices_say() -> None:
    cheap, dear = cost.per_million(100, 1, 0.5, 2**30 / 1_000_000), cost.per_million(800, 4, 3, 0)
    assert cheap["function"] < dear["function"]
    assert cheap["log"] == pytest.approx(PRICES.cloudwatch_logs_per_gb, abs=0.001)
    assert dear["log"] == 0
    assert cheap["all"] - cheap["function"] - cheap["log"] == pytest.approx(dear["all"] - dear["function"], abs=0.002)
    prices = PRICES
    seconds = (0.99 * 0.004 + 0.01 * 0.1) * 1_000_000  # 0.5 ms of waiting and 0.5 ms on a seventh of a processor
    wanted = seconds * 0.25 * prices.lambda_per_gb_second + prices.lambda_per_million_requests
    assert cheap["function"] == pytest.approx(wanted, abs=0.001)


def test_a_partition_takes_a_thousand_writes_a_second_and_shards_more() -> None:
    assert sharding.simulate(500, 1)["at once"] == 100
    assert sharding.simulate(2000, 8)["refused"] == 0
    for offered, shards in ((2000, 1), (5000, 1), (5000, 4)):
        shares = sharding.simulate(offered, shards)
        counted = shares["at once"] + shares["after a retry"]
        assert counted == pytest.approx(100 * shards * sharding.WRITES_PER_SECOND / offered, abs=0.5)
        assert counted + shares["refused"] == pytest.approx(100, abs=0.2)


def test_a_part_that_fails_is_said_and_the_rest_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: bool) -> dict[str, Any]:
        raise OSError("Address already in use")

    results, whole = main.measure((broken, lambda _: {"packages": {}}), quick=True)
    assert results["packages"] == {}
    assert not whole
    assert "broken is left out: OSError: Address already in use" in capsys.readouterr().out


def test_figures_of_one_part_are_kept_beside_the_others_of_the_same_machine_alone() -> None:
    kept = {**RESULTS, "machine": {"processors": 2}}
    new = {"machine": {"processors": 2}, "cold": {"visits": figures(90)}}
    assert main.merged(kept, new) == {**kept, "cold": {"visits": figures(90)}}
    other = {**new, "machine": {"processors": 64}}
    assert main.judged(main.merged(kept, other)) == set()


def test_the_page_and_its_chart_show_the_kept_figures() -> None:
    kept = json.loads(KEPT.read_text())
    assert report.insert(DOCUMENT.read_text(), kept) == DOCUMENT.read_text()
    assert chart.draw(kept) == CHART.read_text()
    assert "### What it must reach" in DOCUMENT.read_text()
