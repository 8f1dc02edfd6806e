"""What the operator reads: whole lines, none lost, none that says too much."""

import io
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.http import Request, Response
from shopkeeper.runtime.telemetry.log import MAX_NOTE, MOST_NOTES, RANKS, Telemetry
from shopkeeper.settings import read
from shopkeeper.storage.tables import TABLES

METRICS = "_aws"


def telemetry(**environment: str) -> Telemetry:
    return Telemetry("service", read({"STAGE": "staging", **environment}, TABLES))


def request(**fields: Any) -> Request:
    return Request(**{"method": "GET", "path": "/x", "segments": ("x",), "request_id": "id", **fields})


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """What was written to standard output, as JSON."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


FAULT = Response(500, {}, error=ValueError("the reason"))
GOOD = Response(200, {}, metrics={"Visits": 1})

LEVELS = [
    ("DEBUG", GOOD, "INFO"),
    ("INFO", GOOD, "INFO"),
    ("WARNING", GOOD, None),
    ("ERROR", GOOD, None),
    ("CRITICAL", GOOD, None),
    ("INFO", FAULT, "ERROR"),
    ("WARNING", FAULT, "ERROR"),
    ("ERROR", FAULT, "ERROR"),
    ("CRITICAL", FAULT, None),
]


@pytest.mark.parametrize(("level", "response", "shown"), LEVELS)
def test_the_level_chooses_lines_and_never_metrics(
    level: str, response: Response, shown: str | None, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    telemetry(LOG_LEVEL=level).record(request(), response, 0.5)
    written = lines()
    (told,) = written
    assert told.get("level") == shown
    assert METRICS in told
    assert (told["RequestCount"], told["RequestLatency"]) == (1, 500)


def test_the_metrics_of_a_request_have_the_embedded_format(lines: Callable[[], list[dict[str, Any]]]) -> None:
    told = telemetry(LOG_LEVEL="ERROR", COLOUR="green")
    told.record(request(), GOOD, 0.0012)
    told.record(request(), Response(404, {}), 0.5)
    first, second = lines()
    assert isinstance(first["_aws"].pop("Timestamp"), int)
    names = {"RequestCount": "Count", "RequestLatency": "Milliseconds", "Visits": "Count", "ColdStart": "Count"}
    assert first == {
        "_aws": {
            "CloudWatchMetrics": [
                {
                    "Namespace": "Shopkeeper",
                    "Dimensions": [["service", "stage"]],
                    "Metrics": [{"Name": name, "Unit": unit} for name, unit in names.items()],
                }
            ]
        },
        "service": "service",
        "stage": "staging",
        "RequestCount": 1,
        "RequestLatency": 1.2,
        "Visits": 1,
        "ColdStart": 1,
    }
    (directive,) = second["_aws"]["CloudWatchMetrics"]
    assert [metric["Name"] for metric in directive["Metrics"]] == ["RequestCount", "RequestLatency"]


def test_a_request_is_one_object_that_is_its_line_and_its_metrics(lines: Callable[[], list[dict[str, Any]]]) -> None:
    told = telemetry(COLOUR="green")
    told.record(request(), GOOD, 0.0012)
    (line,) = lines()
    assert (line["message"], line["status"], line["durationMs"], line["colour"]) == ("request", 200, 1.2, "green")
    assert (line["service"], line["stage"], line["Visits"], line["RequestLatency"]) == ("service", "staging", 1, 1.2)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert all(
        member in line for member in (*directive["Dimensions"][0], *(one["Name"] for one in directive["Metrics"]))
    )


@pytest.mark.parametrize("level", ["INFO", "WARNING"])
def test_where_aws_counts_requests_only_what_it_does_not_know_is_a_metric(
    level: str, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    told = Telemetry("service", read({"STAGE": "staging", "LOG_LEVEL": level}, TABLES), counts_requests=False)
    told.record(request(), Response(200, {}), 0)
    told.record(request(), GOOD, 0)
    told.record(request(), Response(404, {}), 0)
    written = lines()
    metrics = [[one["Name"] for one in line[METRICS]["CloudWatchMetrics"][0]["Metrics"]] for line in written[:2]]
    assert metrics == [["ColdStart"], ["Visits"]]
    assert [METRICS in line for line in written[2:]] == ([False] if level == "INFO" else [])


BRIEF = {"requestId": "id", "path": "/x", "httpMethod": "GET", "status": 200, "durationMs": 1.2}


def test_in_brief_a_line_has_only_what_finds_the_request_and_its_metrics(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    settings = read({"STAGE": "staging", "LOG_DETAIL": "brief", "COLOUR": "green"}, TABLES)
    counted, embedded, none = (
        Telemetry("service", settings, counts_requests=False, counted=frozenset({"Visits"})),
        Telemetry("service", settings, counts_requests=False),
        Telemetry("service", settings, has_metrics=False),
    )
    for told in (counted, embedded, none):
        told.record(request(), GOOD, 0)  # it is cold
        told.record(request(), GOOD, 0.0012)
    _, of_filters, _, of_line, _, alone = lines()
    assert of_filters == BRIEF | {"Visits": 1}
    assert of_line.pop("_aws")["CloudWatchMetrics"][0]["Dimensions"] == [["service", "stage"]]
    assert of_line == BRIEF | {"service": "service", "stage": "staging", "Visits": 1}
    assert alone == BRIEF


NOTEWORTHY = {
    "a fault": (Response(500, {}, error=ValueError("the reason")), 0.1),
    "a refusal": (Response(400, {}), 0.1),
    "a fault behind a good answer": (Response(200, {}, error=ValueError("the reason")), 0.1),
    "a note": (Response(200, {}, note="a note"), 0.1),
    "a slow one": (Response(200, {}), 1.0),
}


@pytest.mark.parametrize("kind", NOTEWORTHY)
def test_in_brief_what_is_noteworthy_is_told_in_full(kind: str, lines: Callable[[], list[dict[str, Any]]]) -> None:
    response, seconds = NOTEWORTHY[kind]
    for detail in ("full", "brief"):
        told = telemetry(LOG_DETAIL=detail)
        told.record(request(request_id="the first is cold"), Response(200, {}), 0)
        told.record(request(), response, seconds)
    full, brief = (list(line) for line in lines() if line["requestId"] == "id" and line["message"] == "request")
    assert full == brief


def test_in_brief_a_note_is_noteworthy_once(lines: Callable[[], list[dict[str, Any]]]) -> None:
    told = telemetry(LOG_DETAIL="brief")
    for response in (Response(200, {}), NOTED, NOTED):
        told.record(request(), response, 0)
    assert [line.get("message") for line in lines()] == ["request", NOTED.note, "request", None]


def test_what_filters_count_is_told_at_every_level_and_never_declared(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    settings = read({"STAGE": "staging", "LOG_LEVEL": "CRITICAL"}, TABLES)
    told = Telemetry("service", settings, counts_requests=False, counted=frozenset({"Visits"}))
    told.record(request(), GOOD, 0)
    told.record(request(), GOOD, 0)
    told.record(request(), Response(200, {}), 0)
    cold, warm = lines()
    assert [one["Name"] for one in cold[METRICS]["CloudWatchMetrics"][0]["Metrics"]] == ["ColdStart"]
    assert (cold["Visits"], cold["service"], cold["stage"]) == (1, "service", "staging")
    assert warm == {"Visits": 1}


@given(
    status=st.sampled_from([200, 201, 204, 304, 400, 403, 404, 429, 500, 503]),
    fails=st.booleans(),
    note=st.sampled_from(["", "a note"]),
    seconds=st.floats(0, 3),
    level=st.sampled_from(sorted(RANKS)),
    counted=st.sets(st.sampled_from(["Visits", "Orders"])),
    metrics=st.dictionaries(st.sampled_from(["Visits", "Orders"]), st.just(1)),
    is_cold=st.booleans(),
)
def test_a_brief_line_says_nothing_that_the_full_one_does_not_and_what_failed_is_whole(
    status: int,
    fails: bool,
    note: str,
    seconds: float,
    level: str,
    counted: set[str],
    metrics: dict[str, int],
    is_cold: bool,
) -> None:
    response = Response(status, {}, error=ValueError("x") if fails else None, note=note, metrics=metrics)
    written = []
    for detail in ("full", "brief"):
        output = io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stdout", output)
            chosen = read({"LOG_LEVEL": level, "LOG_DETAIL": detail}, TABLES)
            told = Telemetry("service", chosen, counts_requests=False, counted=frozenset(counted))
            if not is_cold:
                told.record(request(request_id="before"), Response(200, {}), 0)
                output.truncate(0)
                output.seek(0)
            told.record(request(), response, seconds)
        written.append([json.loads(line) for line in output.getvalue().splitlines()])
    full, brief = written
    assert len(full) == len(brief)
    for long, short in zip(full, brief, strict=True):
        changing = ("timestamp", "_aws")
        assert {k: v for k, v in short.items() if k not in changing}.items() <= long.items()
        assert [one["Name"] for one in _declared(short)] == [one["Name"] for one in _declared(long)]
        if fails or status >= 400 or (note and RANKS[level] <= RANKS["WARNING"]) or seconds >= 1 or is_cold:
            assert list(short) == list(long)
    names = [name for line in brief for name in metrics if name in line]
    assert sorted(names) == sorted(metrics)
    assert {one["Name"] for line in brief for one in _declared(line)} == (
        set(metrics) - counted | ({"ColdStart"} if is_cold else set())
    )


def _declared(line: dict[str, Any]) -> list[dict[str, Any]]:
    directives = line.get("_aws", {"CloudWatchMetrics": []})["CloudWatchMetrics"]
    return [metric for directive in directives for metric in directive["Metrics"]]


def test_a_fault_is_told_with_its_causes(lines: Callable[[], list[dict[str, Any]]]) -> None:
    try:
        try:
            raise KeyError("the cause")
        except KeyError as cause:
            raise ValueError("v" * 1000) from cause
    except ValueError as error:
        telemetry(COLOUR="green").record(request(), Response(500, {}, error=error), 0)
    line = lines()[0]
    assert (line["errorType"], line["errorMessage"], line["colour"]) == ("ValueError", "v" * 200, "green")
    assert "KeyError: 'the cause'" in line["exception"]
    assert "test_telemetry.py" in line["exception"]


def test_what_no_utf8_can_hold_is_spelt_out(lines: Callable[[], list[dict[str, Any]]]) -> None:
    odd = "a\ud800b"
    asked = request(path=f"/{odd}", headers={"user-agent": odd})
    telemetry().record(asked, Response(500, {}, error=ValueError(odd)), 0)
    line = lines()[0]
    assert (line["path"], line["userAgent"], line["errorMessage"]) == ("/a\\ud800b", "a\\ud800b", "a\\ud800b")


def test_what_is_written_is_utf8_whatever_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output, encoding="ascii"))
    telemetry().record(request(path="/日本"), GOOD, 0)
    assert json.loads(output.getvalue().splitlines()[0])["path"] == "/日本"


NOTED = Response(200, {}, note="Pages of https://a.example may not read answers.")


@pytest.mark.parametrize(("level", "shown"), [("INFO", True), ("WARNING", True), ("ERROR", False), ("CRITICAL", False)])
def test_a_note_is_one_warning_however_often_it_comes(
    level: str, shown: bool, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    told = telemetry(LOG_LEVEL=level)
    for _ in range(3):
        told.record(request(), NOTED, 0)
    warnings = [line for line in lines() if line.get("level") == "WARNING"]
    assert [line["message"] for line in warnings] == ([NOTED.note] if shown else [])
    assert all((line["service"], line["stage"], line["requestId"]) == ("service", "staging", "id") for line in warnings)


def test_no_more_than_a_hundred_different_notes_are_told(lines: Callable[[], list[dict[str, Any]]]) -> None:
    told = telemetry()
    for number in range(MOST_NOTES + 50):
        told.record(request(), Response(200, {}, note=f"\ud800{number}" + "x" * 1000), 0)
    warnings = [line for line in lines() if line.get("level") == "WARNING"]
    assert len(warnings) == MOST_NOTES
    assert all(len(line["message"]) <= MAX_NOTE + 5 for line in warnings)


@pytest.mark.parametrize("broken", [OSError("closed pipe"), ValueError("closed file")])
def test_an_output_that_fails_fails_no_request(broken: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    told = telemetry()

    def fail(_: str) -> int:
        raise broken

    with monkeypatch.context() as patch:
        patch.setattr(output, "write", fail)
        told.record(request(), GOOD, 0)
    told.record(request(request_id="later"), GOOD, 0)
    assert "later" in output.getvalue()


def test_an_event_that_was_refused_leaves_one_line_and_no_metrics(lines: Callable[[], list[dict[str, Any]]]) -> None:
    telemetry(LOG_LEVEL="ERROR").refuse("id", ValueError("the reason"))
    telemetry(LOG_LEVEL="CRITICAL").refuse("id", ValueError("the reason"))
    (line,) = lines()
    assert (line["level"], line["requestId"], line["errorMessage"]) == ("ERROR", "id", "the reason")
