"""What a month costs: each amount is computed by hand from prices and requests that are easy to multiply."""

import json
import re

import msgspec
import pytest

from shopkeeper.functions.alarms import alarms
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.operator.costing import PRICES, Prices, Request, Use, bill, measured
from shopkeeper.settings import LOG_DETAILS, Stage
from tests.support.processes import run_cli
from tests.support.tools import ROOT

ROUND = Prices(
    of="2026-11-20",
    region="nowhere-1",
    source="by hand",
    lambda_per_gb_second=0.00002,
    lambda_per_million_requests=0.2,
    api_gateway_per_million_requests=3,
    dynamodb_per_million_writes=1,
    dynamodb_per_million_reads=0.25,
    cloudwatch_logs_per_gb=0.5,
    cloudwatch_per_alarm_metric=0.1,
    cloudwatch_per_dashboard=3,
    cloudfront_per_million_requests=1,
    cloudfront_per_gb=0.1,
    cloudfront_per_million_functions=0.25,
    xray_per_million_traces=5,
    secrets_manager_per_secret=0.4,
    waf_per_acl=5,
    waf_per_rule=1,
    waf_per_million_requests=0.6,
)
GB = 2**30
LINES = 340 + 4 * 26
"""What the log has of a request beside its line."""
ACCESS = 230 + 26


def request(function: str, milliseconds: float, writes: float, reads: float) -> Request:
    return Request(
        function, milliseconds, log_bytes=500, brief_log_bytes=100, writes=writes, reads=reads, answer_bytes=1000
    )


TAKEN = {
    "visit": request("visits", 4, 1, 0),  # 256 MB: 4 ms are 0.001 GB-seconds
    "internal_view": request("visits", 8, 1, 0),
    "entry_view": request("visits", 8, 3, 0),
    "order": request("orders", 20, 10, 4),  # 512 MB: 20 ms are 0.01 GB-seconds
    "catalogue": request("orders", 2, 0, 2),
    "business": request("orders", 2, 0, 1),
    "run": request("mail", 0, 0, 0),
}

LOG_OF_A_MILLION = 1_000_000 * (500 + LINES + ACCESS) / GB * 0.5

SCENARIOS: dict[str, tuple[Use, dict[str, float]]] = {
    "nothing": (Use(), {"gateway": 0, "function": 0, "table": 0, "log": 0, "distribution": 0}),
    "a million visits": (
        Use(visits=1_000_000),
        {
            "gateway": 3,
            "function": 0.2 + 0.02,
            "table": 1,
            "log": LOG_OF_A_MILLION,
            "distribution": 0,
        },
    ),
    "a million visits by the URL of the counter, which neither the gateway nor its log sees": (
        Use(visits=1_000_000, front="distribution"),
        {
            "gateway": 0,
            "function": 0.2 + 0.02,
            "table": 1,
            "log": 1_000_000 * (500 + LINES) / GB * 0.5,
            "distribution": 1 + 0.25 + 1_000_000_000 / GB * 0.1,
        },
    ),
    "views, of which two in five come from elsewhere": (
        Use(views=1_000_000),
        {
            "gateway": 3,
            "function": 0.2 + 0.04,
            "table": 0.6 * 1 + 0.4 * 3,
            "log": LOG_OF_A_MILLION,
            "distribution": 0,
        },
    ),
    "orders": (
        Use(orders=1_000_000),
        {
            "gateway": 3,
            "function": 0.2 + 0.2,
            "table": 10 + 1,
            "log": LOG_OF_A_MILLION,
            "distribution": 0,
        },
    ),
    "a page asks for the business and for its items, through the distribution": (
        Use(pages=1_000_000),
        {
            "gateway": 6,
            "function": 2 * (0.2 + 0.02),
            "table": 3 * 0.25,
            "log": 2_000_000 * (500 + LINES + ACCESS) / GB * 0.5,
            "distribution": 2 + 2_000_000_000 / GB * 0.1,
        },
    ),
    "pages of which the distribution has three quarters": (
        Use(pages=1_000_000, cached=0.75),
        {
            "gateway": 1.5,
            "function": 0.5 * (0.2 + 0.02),
            "table": 0.75 * 0.25,
            "log": 500_000 * (500 + LINES + ACCESS) / GB * 0.5,
            "distribution": 2 + 2_000_000_000 / GB * 0.1,
        },
    ),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_serving_requests_costs_what_each_part_takes(scenario: str) -> None:
    use, wanted = SCENARIOS[scenario]
    found = bill(use, "dev", TAKEN, ROUND)
    assert found.requests == pytest.approx(wanted)
    assert found.of_requests == pytest.approx(sum(wanted.values()))


def test_brief_lines_save_the_bytes_that_they_lack_and_nothing_else() -> None:
    full, brief = (bill(Use(visits=1_000_000), "dev", TAKEN, ROUND, log_detail=one) for one in LOG_DETAILS)
    assert full.requests["log"] - brief.requests["log"] == pytest.approx(400 * 1_000_000 / GB * 0.5)
    assert {**full.requests, "log": 0} == {**brief.requests, "log": 0}
    assert full.beside["traces"] == brief.beside["traces"]


@pytest.mark.parametrize(("stage", "waf"), [("dev", 0), ("staging", 0), ("prod", 5 + 4 + 0.6)])
def test_what_is_paid_beside_the_requests(stage: Stage, waf: float) -> None:
    found = bill(Use(visits=1_000_000), stage, TAKEN, ROUND)
    runs = sum(43_800 / schedule.minutes for function in FUNCTIONS for schedule in function.schedules)
    assert found.beside == pytest.approx(
        {
            "traces": (1_000_000 + runs) / 1e6 * 5,
            "schedules": runs * (0.2e-6 + (500 + LINES) / GB * 0.5),
            "alarms": (len([*alarms(FUNCTIONS)]) + 3 + len(FUNCTIONS)) * 0.1,
            "dashboard": 3,
            "secret": 0.4,
            "waf": waf,
        }
    )
    assert found.total == pytest.approx(found.of_requests + sum(found.beside.values()))


def test_beyond_one_a_second_one_in_twenty_requests_is_traced() -> None:
    def traces(visits: int) -> float:
        return bill(Use(visits=visits), "dev", TAKEN, ROUND).beside["traces"]

    assert traces(200_000_000) - traces(100_000_000) == pytest.approx(100 * 0.05 * 5)


def test_every_kind_of_request_was_measured() -> None:
    assert measured().keys() == TAKEN.keys()
    for kind, one in measured().items():
        assert min(one.milliseconds, one.log_bytes) > 0, kind
        assert (one.brief_log_bytes < one.log_bytes) == (kind != "run"), kind
        assert one.function == TAKEN[kind].function


def test_the_prices_are_dated_and_positive() -> None:
    assert msgspec.to_builtins(PRICES)["of"] >= "2026-11-20"
    assert all(value > 0 for value in msgspec.to_builtins(PRICES).values() if isinstance(value, float))


def test_the_command_of_the_documentation_runs() -> None:
    commands = re.findall(r"^\$ shopkeeper (cost .*)$", (ROOT / "docs" / "cost.md").read_text(), re.MULTILINE)
    assert commands
    for command in commands:
        assert run_cli(*command.split()).returncode == 0


def test_the_documentation_explains_every_row_and_option() -> None:
    document = (ROOT / "docs" / "cost.md").read_text()
    found = bill(Use(), "prod")
    options = [*(f"--{name}" for name in Use.__struct_fields__), "--log-detail"]
    assert [name for name in (*found.requests, *found.beside, *options) if f"`{name}`" not in document] == []


def test_the_command_prints_a_table_whose_rows_add_up() -> None:
    done = run_cli("cost", "--visits", "1000000", "--orders", "1000", "--stage", "prod")
    title, *rows = done.stdout.splitlines()
    assert title.startswith("A month of stage prod, in US dollars (us-east-1, prices of 20")
    found = {row[:14].strip(): float(row[14:].replace(",", "")) for row in rows}
    names = list(found)
    cut = names.index("the requests")
    assert sum(found[name] for name in names[:cut]) == pytest.approx(found["the requests"], abs=0.03)
    assert sum(found[name] for name in names[cut:-1]) == pytest.approx(found["the whole"], abs=0.04)
    assert found["gateway"] == pytest.approx(3.5, abs=0.01)


def test_the_same_as_json() -> None:
    options = ["--views", "5", "--pages", "7", "--cached", "50", "--stage", "dev", "--log-detail", "brief", "--json"]
    done = run_cli("cost", *options)
    told = json.loads(done.stdout)
    assert told["stage"] == "dev"
    assert told["use"] == {"visits": 0, "views": 5, "orders": 0, "pages": 7, "cached": 0.5, "front": "gateway"}
    assert told["log_detail"] == "brief"
    whole = bill(Use(views=5, pages=7, cached=0.5), "dev", log_detail="brief")
    assert told["dollars"]["total"] == pytest.approx(whole.total, abs=0.001)
    assert told["dollars"]["requests"].keys() == whole.requests.keys()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--visits", "-1"],
        ["--visits", "many"],
        ["--visits", "1.5"],
        ["--orders", "1000000000001"],
        ["--stage", "test"],
        ["--cached", "101"],
        ["--front", "edge"],
        ["--log-detail", "long"],
        ["--hits", "1"],
    ],
    ids=" ".join,
)
def test_bad_input_is_refused(arguments: list[str]) -> None:
    done = run_cli("cost", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert arguments[0] in done.stderr


@pytest.mark.parametrize(("stage", "column"), [("dev", 2), ("prod", 3)])
def test_the_page_on_the_first_deployment_tells_what_an_idle_month_costs(stage: Stage, column: int) -> None:
    section = (ROOT / "docs" / "first-deployment.md").read_text().partition("## What an idle month costs")[2]
    rows = [line.split("|") for line in section.partition("\n## ")[0].splitlines() if line.startswith("| ")][1:]
    told = {row[1].partition(":")[0].strip(): float(row[column].strip() or 0) for row in rows}
    found = bill(Use(), stage)
    assert told == pytest.approx({**found.beside, "the whole": found.total}, abs=0.1)
