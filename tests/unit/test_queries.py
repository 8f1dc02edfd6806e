"""Saved queries, graphs, alarms and filters name what the functions really write, in full and in brief."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.functions.alarms import alarms
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.dashboard import widgets
from shopkeeper.functions.filters import filters
from shopkeeper.functions.queries import QUERIES, Query
from shopkeeper.settings import LOG_DETAILS
from tests.support.log_lines import LOG, Line, an_evening
from tests.support.metric_filters import counted

WORDS = {"fields", "filter", "parse", "stats", "sort", "limit", "by", "as", "and", "or", "desc"}
OWN_FIELDS = {"@timestamp", LOG}
"""Fields that CloudWatch adds to each line."""

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda found, wanted: bool(found == wanted),
    ">=": lambda found, wanted: found is not None and bool(found >= wanted),
}


BRIEF = {"requestId", "path", "httpMethod", "status", "durationMs"}
"""What a brief line has, beside its metrics."""

EMBEDDED = {"_aws", "service", "stage"}
"""What a line needs for metrics that no filter counts."""


@pytest.fixture(scope="module", params=LOG_DETAILS)
def lines(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Line]:
    return an_evening(tmp_path_factory.mktemp("evening"), LOG_DETAIL=request.param)


def embedded(lines: list[Line]) -> Counter[tuple[str, str]]:
    """Return the sums of the metrics that the lines declare themselves, by service and name."""
    found: Counter[tuple[str, str]] = Counter()
    for line in lines:
        for directive in line.get("_aws", {"CloudWatchMetrics": []})["CloudWatchMetrics"]:
            for metric in directive["Metrics"]:
                found[line["service"], metric["Name"]] += line[metric["Name"]]
    return found


def fields_of(query: Query) -> set[str]:
    """Return the fields that a query reads, without those that it makes itself."""
    text = re.sub(r'"[^"]*"', "", "\n".join(query.lines))
    made = {*re.findall(r"\bas (\w+)", text), *re.findall(r"\(\?<(\w+)>", text)}
    text = re.sub(r"/\^.*\$/", "", text)
    return {*re.findall(r"(?<![\w@])@?[A-Za-z]\w*\b(?!\()", text)} - WORDS - made - OWN_FIELDS


def holds(condition: str, line: Line) -> bool:
    """Tell whether a condition of a filter holds for a line: comparisons and `ispresent`, joined by and, or."""
    return any(all(_term(term, line) for term in part.split(" and ")) for part in condition.split(" or "))


def _term(term: str, line: Line) -> bool:
    present = re.fullmatch(r"ispresent\((\w+)\)", term)
    if present:
        return present[1] in line
    compared = re.fullmatch(r"(\w+) (=|>=) (.+)", term)
    assert compared is not None, f"this test cannot read {term!r}"
    return COMPARISONS[compared[2]](line.get(compared[1]), json.loads(compared[3]))


def kept(query: Query, lines: list[Line]) -> list[Line]:
    """Return the lines that pass the filters of a query."""
    conditions = [line.removeprefix("filter ") for line in query.lines if line.startswith("filter ")]
    return [line for line in lines if all(holds(condition, line) for condition in conditions)]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_each_field_of_a_query_is_in_lines_that_it_finds(query: Query, lines: list[Line]) -> None:
    found = kept(query, lines)
    assert 0 < len(found) < len(lines)
    assert fields_of(query) - {name for line in found for name in line} == set()


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_query_reads_the_logs_of_every_function_that_writes_what_it_finds(query: Query, lines: list[Line]) -> None:
    writers = {line[LOG] for line in kept(query, lines)}
    assert writers <= set(query.functions or [function.name for function in FUNCTIONS])


def test_what_a_query_makes_of_paths_names_no_item_and_nobody(lines: list[Line]) -> None:
    (query,) = (one for one in QUERIES if one.name == "slowest-routes")
    (pattern,) = re.findall(r"parse path /(.*)/$", "\n".join(query.lines), re.MULTILINE)
    found = set()
    for path in [line["path"] for line in kept(query, lines)]:
        match = re.search(pattern.replace("(?<", "(?P<"), path)
        assert match is not None, path
        found.add((match["area"], match["step"]))
    assert {("/api/orders", "accept"), ("/api/businesses", "orders"), ("/api/auth", "login")} <= found
    assert not any(character.isdigit() for name in found for character in str(name))


def test_each_metric_of_a_graph_and_of_an_alarm_is_told_by_its_service(lines: list[Line]) -> None:
    told = {
        (line["service"], metric["Name"], *dimensions)
        for line in lines
        if "_aws" in line
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
        for dimensions in directive["Dimensions"]
    }
    of_filters = {(one.service, one.metric) for one in filters(FUNCTIONS)}
    shown = {
        (one.service, one.metric, "service", "stage", *([one.by] if one.by else []))
        for widget in widgets(FUNCTIONS)
        for one in widget.metrics
        if (one.service, one.metric) not in of_filters
    }
    watched = {(one.service, one.metric, "service", "stage") for one in alarms(FUNCTIONS) if one.service}
    assert shown - told == set()
    assert watched - told == set()
    assert of_filters == {metric for metric, number in counted(filters(FUNCTIONS), lines).items() if number}


def test_filters_count_what_visitors_did_and_nothing_else_counts_it(lines: list[Line]) -> None:
    """Three visits, a view, an event of a page and a bot. A path that is not there and a visit that failed are none."""
    by_filters = counted(filters(FUNCTIONS), lines)
    names = {"Visits": 3, "Views": 1, "PageEvents": 1, "BotHits": 1}
    assert by_filters == {("visitor-counter", name): number for name, number in names.items()}
    by_lines = embedded(lines)
    assert set(by_lines).isdisjoint(by_filters)
    assert {name for service, name in by_lines if service == "visitor-counter"} == {"ColdStart"}


@pytest.mark.parametrize("level", ["WARNING", "CRITICAL"])
@pytest.mark.parametrize("detail", LOG_DETAILS)
def test_whatever_the_level_is_all_metrics_are_counted(
    level: str, detail: str, lines: list[Line], tmp_path: Path
) -> None:
    few = an_evening(tmp_path, LOG_LEVEL=level, LOG_DETAIL=detail)
    assert counted(filters(FUNCTIONS), few) == counted(filters(FUNCTIONS), lines)
    at_times = {"SecondsToAccept"}
    assert {key: value for key, value in embedded(few).items() if key[1] not in at_times} == {
        key: value for key, value in embedded(lines).items() if key[1] not in at_times
    }
    assert all({"path", "message"}.isdisjoint(line) for line in few if line.get("level") is None)


def test_in_brief_only_what_is_noteworthy_is_told_in_full(tmp_path_factory: pytest.TempPathFactory) -> None:
    full, brief = (an_evening(tmp_path_factory.mktemp(name), LOG_DETAIL=name) for name in LOG_DETAILS)
    assert len(full) == len(brief)
    shortened = []
    for long, short in zip(full, brief, strict=True):
        if set(short) == set(long):
            continue
        shortened.append(short)
        metrics = {name for name in short if name[0].isupper()}
        declares = EMBEDDED | ({"currency"} & set(short)) if "_aws" in short else set()
        assert set(short) == BRIEF | metrics | declares | {LOG}
        assert set(short) < set(long)
        assert (long["message"], long["level"], long["coldStart"]) == ("request", "INFO", False)
        assert long["status"] < 400
    whole = [line for line in brief if line not in shortened]
    assert {"schedule", "rotation"} <= {line.get("message") for line in whole}
    assert {403, 401, 500} & {line.get("status") for line in whole} == {403, 401, 500}
    assert all("message" in line for line in whole)
    assert {"/counter", "/counter.txt", "/hit", "/api/auth/login"} <= {line["path"] for line in shortened}


def test_an_accepted_order_tells_once_how_long_it_waited_and_what_it_earns(lines: list[Line]) -> None:
    """It is accepted twice, and the second time is refused."""
    (accepted,) = (line for line in lines if "OrdersAccepted" in line)
    assert 0 <= accepted["SecondsToAccept"] < 60
    assert (accepted["Revenue"], accepted["currency"]) == (500, "EUR")
    directives = accepted["_aws"]["CloudWatchMetrics"]
    assert [one["Dimensions"] for one in directives] == [[["service", "stage"]], [["service", "stage", "currency"]]]
    units = {metric["Name"]: metric["Unit"] for one in directives for metric in one["Metrics"]}
    assert (units["SecondsToAccept"], units["Revenue"], units["OrdersAccepted"]) == ("Seconds", "None", "Count")


def test_no_dimension_is_of_a_callers_choice(lines: list[Line]) -> None:
    dimensions = {
        (name, line[name])
        for line in lines
        if "_aws" in line
        for directive in line["_aws"]["CloudWatchMetrics"]
        for names in directive["Dimensions"]
        for name in names
    }
    services = {("service", function.service) for function in FUNCTIONS}
    assert dimensions <= {*services, ("stage", "dev"), ("currency", "EUR")}
