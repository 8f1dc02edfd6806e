"""The benchmark says what it cannot measure, judges what it can, and draws what it measured."""

import json
import platform
import shutil
import sys
import sysconfig
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as main
from benchmarks import bars, chart, cost, environments, lambda_calls, one_machine, packed, report, sharding
from benchmarks.__main__ import CHART, DOCUMENT
from benchmarks.__main__ import RESULTS as KEPT
from benchmarks.runtime_api import Function


def figures(p50: float) -> dict[str, float]:
    return {"p50": p50, "p25": p50, "p75": p50, "memory_mb": 30, "processor_ms": p50}


RESULTS: dict[str, Any] = {
    "cold": {
        "nothing": figures(40),
        "visits": figures(100),
        "founding": figures(400),
        "powertools": figures(500),
        "fastapi": figures(800),
        "health": figures(105),
        "registration": figures(110),
        "accounts": figures(120),
        "orders": figures(130),
    },
    "warm": {"visits": figures(1), "founding": figures(4), "nothing": figures(0.5)},
    "packages": {"visits": {"zipped_mb": 1.0, "unpacked_mb": 3.0}},
    "throughput": {
        "visits": {
            f"{name} at {connections}": {"per_second": rate, "p50_ms": 1, "p99_ms": 50}
            for name, rate in (("ours", 4000), ("fastapi", 1000))
            for connections in (1, 16, 256)
        }
    },
    "growth": {"1000": {"list": 1.0, "get": 1.0, "post": 2.0}, "1000000": {"list": 1.1, "get": 0.9, "post": 2.2}},
    "hot_counter": {"counted": 10_000, "answered": 10_000},
}


def verdicts(results: dict[str, Any]) -> dict[str, bool]:
    return {bar: holds for bar, _, _, holds in bars.checked(results)}


def test_every_bar_is_judged_and_these_figures_reach_them_all() -> None:
    found = verdicts(RESULTS)
    assert len(found) == 18
    assert all(found.values()), found


WORSE = [
    ("cold", "visits", figures(141), "cold visits ÷ founding"),
    ("cold", "orders", figures(221), "cold orders ÷ founding"),
    ("cold", "health", figures(221), "cold health ÷ founding"),
    ("warm", "visits", figures(2.5), "warm visits ÷ founding"),
    ("packages", "visits", {"zipped_mb": 4.1}, "package visits, MB"),
    ("growth", "1000000", {"list": 1.3, "get": 1, "post": 2}, "a page of orders, slowest ÷ quickest size"),
    ("growth", "1000000", {"list": 0.8, "get": 1, "post": 2}, "a page of orders, slowest ÷ quickest size"),
    ("growth", "1000000", {"list": 1, "get": 1, "post": 3}, "a new order, slowest ÷ quickest size"),
]


@pytest.mark.parametrize(("kind", "name", "worse", "bar"), WORSE)
def test_a_figure_beyond_its_bar_is_missed(kind: str, name: str, worse: dict[str, float], bar: str) -> None:
    results = {**RESULTS, kind: {**RESULTS[kind], name: worse}}
    assert not verdicts(results)[bar]
    assert any(line.startswith("MISSED") and bar in line for line in bars.lines(results))


def test_what_was_not_measured_is_not_judged() -> None:
    assert verdicts({"throughput": None}) == {}
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
    assert one_machine.throughput(1, 1) is None
    said = capsys.readouterr().out
    assert "fastapi is left out: it has no package." in said
    assert "The packages are left out" in said
    assert "wrk is not installed" in said


def test_functions_are_measured_on_lambdas_python_or_not_at_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[str] = []
    monkeypatch.setattr(environments, "_make", lambda name, _: made.append(name))
    monkeypatch.setattr(environments, "python313", lambda: None)
    environments.make()
    assert made == ["fastapi_sqlite"]
    assert "no Python 3.13" in capsys.readouterr().out
    monkeypatch.setattr(lambda_calls, "stage", None)
    assert main.on_lambda(quick=True) == {}


def test_an_environment_that_cannot_be_made_is_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environments, "python313", lambda: "/bin/false")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    environments.make()
    assert capsys.readouterr().out.count("it cannot be created and is left out") == 4
    assert environments.python("fastapi_sqlite") is None
    assert environments.python("lambda") is None


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


def test_the_report_says_which_python_ran_the_functions_and_how_it_was_built() -> None:
    built = environments.build(Path(sys.executable))
    assert (built["version"], built["compiler"]) == (platform.python_version(), platform.python_compiler())
    options = sysconfig.get_config_var("CONFIG_ARGS")
    assert built["pgo"] == ("--enable-optimizations" in options)
    machine = {"processors": 2, "system": "x86_64", "python": "3.11.7"}
    lambdas = {"version": "3.13.0", "compiler": "GCC 12.2.0", "pgo": True, "lto": False}
    said = list(report.tables({"machine": machine, "lambda_python": lambdas}))
    assert "Functions on Python 3.13.0, built by GCC 12.2.0 with PGO and without LTO." in said


def test_the_chart_is_an_svg_with_a_bar_for_every_figure() -> None:
    root = ElementTree.fromstring(chart.draw(RESULTS))
    rows = len(RESULTS["cold"]) + 2 * len(RESULTS["warm"]) + len(RESULTS["throughput"]["visits"])
    assert len(root.findall(".//{http://www.w3.org/2000/svg}rect")) == rows
    assert "FastAPI" in "".join(root.itertext())


def test_a_million_visits_cost_what_the_prices_say() -> None:
    cheap, dear = cost.per_million(100, 1, 0.5, 2**30 / 1_000_000), cost.per_million(800, 4, 3, 0)
    assert cheap["function"] < dear["function"]
    assert cheap["log"] == pytest.approx(cost.PRICES["cloudwatch_logs_per_gb"], abs=0.001)
    assert dear["log"] == 0
    assert cheap["all"] - cheap["function"] - cheap["log"] == pytest.approx(dear["all"] - dear["function"], abs=0.002)
    prices = cost.PRICES
    seconds = (0.99 * 0.004 + 0.01 * 0.1) * 1_000_000  # 0.5 ms of waiting and 0.5 ms on a seventh of a processor
    wanted = seconds * 0.25 * prices["lambda_per_gb_second"] + prices["lambda_per_million_requests"]
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
