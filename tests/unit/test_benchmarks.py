"""The benchmark says what it cannot measure, judges what it can, and draws what it measured."""

import json
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as main
from benchmarks import bars, chart, cost, environments, lambda_calls, one_machine, report, sharding
from benchmarks.__main__ import CHART, DOCUMENT
from benchmarks.__main__ import RESULTS as KEPT


def figures(p50: float) -> dict[str, float]:
    return {"p50": p50, "p25": p50, "p75": p50, "memory_mb": 30, "processor_ms": p50}


RESULTS: dict[str, Any] = {
    "cold": {
        "nothing": figures(40),
        "visits": figures(100),
        "founding": figures(400),
        "powertools": figures(500),
        "fastapi": figures(800),
        "auth": figures(110),
        "accounts": figures(120),
        "orders": figures(130),
    },
    "cold_3.13": {"visits": figures(100), "founding": figures(300)},
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
    ("cold_3.13", "visits", figures(136), "cold visits ÷ founding, Python 3.13"),
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


def test_what_is_missing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environments, "FOLDER", tmp_path)
    assert lambda_calls.ready(lambda_calls.CONTESTANTS) == []
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert one_machine.throughput(1, 1) is None
    said = capsys.readouterr().out
    assert "fastapi is left out" in said
    assert "wrk is not installed" in said


def test_an_environment_that_cannot_be_made_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environments, "FOLDER", tmp_path)
    monkeypatch.setattr(environments, "ROOT", tmp_path)
    monkeypatch.setattr(environments, "LOCKS", tmp_path)
    monkeypatch.setattr(environments, "PEERS", ("founding",))
    monkeypatch.setattr(environments, "python313", lambda: None)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    environments.make()
    said = capsys.readouterr().out
    assert "no Python 3.13" in said
    assert said.count("it cannot be made, and is left out") == 2
    assert environments.python("founding") is None


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

    monkeypatch.setattr(main, "PARTS", (broken, lambda _: {"packages": {}}))
    results, whole = main.measure(quick=True)
    assert results["packages"] == {}
    assert not whole
    assert "broken is left out: OSError: Address already in use" in capsys.readouterr().out


def test_the_page_and_its_chart_show_the_kept_figures() -> None:
    kept = json.loads(KEPT.read_text())
    assert report.insert(DOCUMENT.read_text(), kept) == DOCUMENT.read_text()
    assert chart.draw(kept) == CHART.read_text()
    assert "### What it must reach" in DOCUMENT.read_text()
