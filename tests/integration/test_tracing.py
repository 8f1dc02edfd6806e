"""Traces of one machine: what is sent to a collector, what never is, and that nobody waits for one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shopkeeper import __version__
from tests.support.collector import Collector, Told, port_of
from tests.support.faults import FaultyServer, answers, never_answers
from tests.support.http import Answer, send
from tests.support.processes import Shopkeeper, free_port, shopkeeper
from tests.support.shop import PASSWORD, Owner, order_for, place
from tests.support.smtp import smtp_server

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Traced:
    """A server that sends its traces to a collector."""

    def __init__(self, server: Shopkeeper, collector: Collector) -> None:
        self.server = server
        self.collector = collector
        self.url = server.url

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[Answer, Told]:
        """Send a request. Return its answer and its span, which its log line leads to."""
        answer = send(self.url, method, path, body, headers)
        return answer, self.span_of(answer)

    def line_of(self, answer: Answer) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.server.line_with(f'"requestId":"{answer.headers["x-request-id"]}"'))
        return line

    def span_of(self, answer: Answer) -> Told:
        trace_id = self.line_of(answer)["trace_id"]
        return self.collector.first(lambda span: span.trace_id == trace_id and span.kind == "SERVER", trace_id)


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    data = tmp_path_factory.mktemp("traced") / "shop.db"
    with Collector() as collector:
        more = {"TRACEPARENT_FROM": "127.0.0.1", "UNKNOWN_PATHS": "plain"}
        with shopkeeper(data, {**collector.variables, **more}) as server:
            yield Traced(server, collector)


# Requests


def test_a_request_is_a_span_with_its_method_its_route_and_its_status(traced: Traced) -> None:
    answer, span = traced.ask("GET", "/counter/visible-id?secret=1")
    assert answer.status == 200
    assert (span.name, span.kind, span.parent, span.has_failed) == ("GET /counter/{counter_id}", "SERVER", "", False)
    assert span.attributes == {
        "http.request.method": "GET",
        "http.route": "/counter/{counter_id}",
        "http.response.status_code": 200,
        "url.scheme": "http",
        "url.path": "/counter/visible-id",
        "server.address": "127.0.0.1",
        "server.port": port_of(traced.url),
    }


def test_its_parts_are_the_operations_of_the_store_and_the_wait_for_the_commit(traced: Traced) -> None:
    _, span = traced.ask("GET", "/counter/parts")
    update, commit = traced.collector.parts(span)
    assert (update.name, update.kind) == ("update visitor-counter", "INTERNAL")
    assert update.attributes == {
        "db.system.name": "sqlite",
        "db.operation.name": "update",
        "db.collection.name": "visitor-counter",
    }
    assert commit.name == "commit"
    assert span.began <= update.began <= update.ended <= commit.began <= commit.ended <= span.ended
    assert {one.trace_id for one in (update, commit)} == {span.trace_id}


def test_a_request_that_a_thread_answers_tells_how_long_it_waited_for_one(traced: Traced) -> None:
    owner = Owner(traced.url)
    span = traced.span_of(owner.signed_in)
    parts = traced.collector.parts(span)
    assert parts[0].name == "queue"
    assert len(parts) > 1
    assert {part.attributes.get("db.system.name", "sqlite") for part in parts} == {"sqlite"}


def test_a_request_that_waits_for_an_event_says_so(traced: Traced) -> None:
    owner = Owner(traced.url)
    span = traced.span_of(owner.ask("GET", f"/api/businesses/{owner.business_id}/events?wait=1"))
    assert [part.name for part in traced.collector.parts(span)][-1] == "feed"


UNDECLARED = {
    "a path that is not declared": ("GET", "/nowhere/token-in-a-path", "GET", 404),
    "a method that is not declared": ("DELETE", "/counter", "DELETE", 405),
    "a method that nobody knows": ("BREW", "/counter", "HTTP", 501),
}


@pytest.mark.parametrize("case", UNDECLARED)
def test_what_is_not_declared_has_no_route_and_its_path_is_not_sent(traced: Traced, case: str) -> None:
    method, path, name, status = UNDECLARED[case]
    answer, span = traced.ask(method, path)
    assert (answer.status, span.name, span.has_failed) == (status, name, status == 501)
    assert span.attributes["http.request.method"] == ("_OTHER" if name == "HTTP" else method)
    assert span.attributes["http.response.status_code"] == status
    assert not {"http.route", "url.path"} & span.attributes.keys()


def test_a_mistake_of_the_client_is_no_fault_of_the_server(traced: Traced) -> None:
    _, span = traced.ask("POST", "/api/auth/login", b"{", **{"Content-Type": "application/json"})
    assert (span.attributes["http.response.status_code"], span.has_failed) == (400, False)
    assert "error.type" not in span.attributes


def test_a_fault_of_the_server_says_what_kind_it_is(tmp_path: Path) -> None:
    data = tmp_path / "shop.db"
    with Collector() as collector, shopkeeper(data, collector.variables) as server:
        send(server.url, "GET", "/counter")
        data.rename(tmp_path / "gone.db")
        traced = Traced(server, collector)
        answer, span = traced.ask("GET", "/counter")
        data.with_name("gone.db").rename(data)
    assert answer.status == 500
    assert span.has_failed
    assert span.attributes["error.type"] == traced.line_of(answer)["errorType"]
    (failed,) = [part for part in collector.parts(span) if part.has_failed]
    assert failed.name == "commit"


@pytest.mark.parametrize(
    ("host", "told"),
    [("Shop.Example:8443", ("shop.example", 8443)), ("[::1]", ("::1", None)), ("user:key@shop", (None, None))],
)
def test_the_server_is_called_as_the_client_calls_it(
    traced: Traced, host: str, told: tuple[str | None, int | None]
) -> None:
    _, span = traced.ask("GET", "/health", Host=host)
    assert (span.attributes.get("server.address"), span.attributes.get("server.port")) == told


def test_the_process_says_its_name_its_version_and_its_stage(traced: Traced, tmp_path: Path) -> None:
    traced.ask("GET", "/health")
    ours = {"service.name": "shopkeeper", "service.version": __version__, "deployment.environment.name": "dev"}
    assert ours.items() <= traced.collector.resource().items()
    given = {"OTEL_SERVICE_NAME": "café", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=x,host.name=h"}
    fields = {"OTEL_EXPORTER_OTLP_HEADERS": "x-key=collector-key"}
    with Collector() as collector, shopkeeper(tmp_path / "a.db", {**collector.variables, **given, **fields}) as server:
        Traced(server, collector).ask("GET", "/health")
    theirs = {"service.name": "café", "deployment.environment.name": "x", "host.name": "h"}
    assert theirs.items() <= collector.resource().items()
    assert b"x-key: collector-key" in collector.requests[0].header
    assert collector.requests[0].header.startswith(b"POST /v1/traces ")


# Whose trace it is


def test_the_trace_of_a_caller_who_is_believed_goes_on(traced: Traced) -> None:
    _, span = traced.ask("GET", "/health", traceparent=TRACEPARENT, tracestate="vendor=1")
    assert (span.trace_id, span.parent, span.state) == (TRACE, PARENT, "vendor=1")


MALFORMED = [
    *("", "x", "00", TRACEPARENT.upper(), f"ff-{TRACE}-{PARENT}-01", f"00-{'0' * 32}-{PARENT}-01"),
    *(f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE}-{PARENT}", f"{TRACEPARENT}-x", f"{TRACEPARENT},{TRACEPARENT}"),
]


@pytest.mark.parametrize("header", MALFORMED)
def test_a_malformed_traceparent_begins_a_new_trace(traced: Traced, header: str) -> None:
    answer, span = traced.ask("GET", "/health", traceparent=header)
    assert answer.status == 200
    assert span.trace_id != TRACE
    assert span.parent == ""


def test_a_stranger_can_neither_choose_a_trace_nor_have_it_recorded_nor_left_out(tmp_path: Path) -> None:
    """Of callers who are not named `traceparent` is not read, whatever the sampler is."""
    with Collector() as collector, shopkeeper(tmp_path / "shop.db", collector.variables) as server:
        for flags in ("00", "01"):
            _, span = Traced(server, collector).ask("GET", "/health", traceparent=TRACEPARENT[:-2] + flags)
            assert span.trace_id != TRACE
            assert span.parent == ""
    never = {"OTEL_TRACES_SAMPLER": "parentbased_always_off"}
    with Collector() as collector, shopkeeper(tmp_path / "shop.db", {**collector.variables, **never}) as server:
        answer = send(server.url, "GET", "/health", headers={"traceparent": TRACEPARENT})
        assert "trace_id" not in Traced(server, collector).line_of(answer)
    assert collector.requests == []


def test_the_sampler_decides_about_callers_who_are_believed(tmp_path: Path) -> None:
    variables = {"OTEL_TRACES_SAMPLER": "parentbased_always_off", "TRACEPARENT_FROM": "10.0.0.0/8, 127.0.0.1"}
    with Collector() as collector, shopkeeper(tmp_path / "shop.db", {**collector.variables, **variables}) as server:
        for headers in ({}, {"traceparent": TRACEPARENT[:-1] + "0"}, {"traceparent": TRACEPARENT}):
            send(server.url, "GET", "/counter", headers=headers)
    assert {span.trace_id for span in collector.spans()} == {TRACE}
    assert [span.name for span in collector.spans() if span.kind == "SERVER"] == ["GET /counter"]


# Runs


def test_the_span_of_a_webhook_is_a_part_of_its_run(traced: Traced) -> None:
    with FaultyServer(answers(204, b"")) as receiver:
        owner = Owner(traced.url)
        path = f"/api/businesses/{owner.business_id}/webhooks"
        made = owner.ask("POST", path, {"url": f"{receiver.url}/secret-path?secret=query", "kinds": ["order.*"]})
        assert made.status == 201
        assert place(owner, order_for(owner.add())).status == 201
        call = traced.collector.first(lambda span: span.kind == "CLIENT", "of a call")
        run = traced.collector.first(lambda span: span.span_id == call.parent, "around the call")
    assert (call.name, call.has_failed) == ("POST", False)
    assert call.attributes == {
        "server.address": "127.0.0.1",
        "http.request.method": "POST",
        "http.response.status_code": 204,
    }
    assert (run.name, run.kind, run.parent) == ("stream webhook-events", "INTERNAL", "")
    assert run.attributes == {"shopkeeper.stream": "webhook-events"}
    line = json.loads(traced.server.line_with(f'"trace_id":"{run.trace_id}"'))
    assert (line["message"], line["name"]) == ("stream", "webhook-events")
    assert b"secret" not in traced.collector.sent


def test_a_run_that_fails_says_what_kind_of_failure_it_was_and_its_mail_is_a_part_of_it(tmp_path: Path) -> None:
    with Collector() as collector, smtp_server() as smtp:
        smtp.answers = {"MAIL": b"550 5.7.1 you again, bob@example.com"}
        mails = {"SMTP_URL": f"smtp://127.0.0.1:{smtp.port}", "MAIL_FROM": "shop@example.com"}
        with shopkeeper(tmp_path / "shop.db", {**collector.variables, **mails}) as server:
            owner = Owner(server.url)
            mail = collector.first(lambda span: span.name == "smtp", "of a mail")
            run = collector.first(lambda span: span.span_id == mail.parent, "around the mail")
    assert mail.has_failed
    assert run.has_failed
    assert run.attributes["error.type"] == "RunFailed"
    assert owner.email.encode() not in collector.sent


def test_runs_that_had_nothing_to_do_are_not_sent(tmp_path: Path) -> None:
    with Collector() as collector, shopkeeper(tmp_path / "shop.db", collector.variables) as server:
        Traced(server, collector).ask("GET", "/counter")
    assert {span.kind for span in collector.spans()} == {"SERVER", "INTERNAL"}
    assert not [span for span in collector.spans() if span.name.startswith(("schedule", "stream"))]


# What is never sent


def test_nothing_that_is_sent_holds_a_secret(tmp_path: Path) -> None:
    with Collector() as collector:
        with shopkeeper(tmp_path / "shop.db", collector.variables) as server:
            owner = Owner(server.url)
            item = owner.add(name="secret-item")
            customer = {"name": "Bartholomew", "phone": "+14155550199"}
            order = place(owner, order_for(item, customer=customer), key="secret-idempotency-key").json
            agent = {"User-Agent": "secret-agent", "Referer": "https://secret.example/", "Cookie": "secret=cookie"}
            send(server.url, "GET", f"/counter?email={owner.email}", headers=agent)
            send(server.url, "GET", f"/{owner.tokens['access_token']}/{owner.email}", headers=agent)
            send(server.url, "POST", "/api/auth/refresh", json.dumps(owner.tokens).encode())
            owner.ask("GET", owner.orders + "?status=received&limit=17")
        told = collector.sent
    assert len(collector.spans()) > 20
    customers = ("Bartholomew", "+14155550199")
    secrets = [owner.email, PASSWORD, *map(str, owner.tokens.values()), *customers, "secret", "limit=17"]
    for secret in [*secrets, *(str(value) for name, value in order.items() if "token" in name)]:
        if secret not in ("Bearer", "1800"):
            assert secret.encode() not in told, secret
    assert b"127.0.0.1" not in b"".join(
        json.dumps({**span.attributes, "server.address": ""}).encode() for span in collector.spans()
    ), "the address of a client"


# Nobody waits for a collector


def test_without_a_collector_requests_are_answered_and_the_log_says_it_once(tmp_path: Path) -> None:
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}", "OTEL_BSP_SCHEDULE_DELAY": "1"}
    with shopkeeper(
        tmp_path / "shop.db", {**variables, "OTEL_BSP_MAX_QUEUE_SIZE": "4", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "4"}
    ) as server:
        for _ in range(100):
            assert send(server.url, "GET", "/counter").status == 200
        line = json.loads(server.line_with('"traces are lost"'))
        for _ in range(100):
            assert send(server.url, "GET", "/counter").status == 200
        assert line["level"] == "WARNING"
        assert line["reason"].startswith("OpenTelemetry: ")
    assert server.process.returncode == 0
    assert len([line for line in server.lines if "OpenTelemetry" in line]) == 1
    assert all(line.startswith("{") for line in server.lines[server.lines.index(server.line_with('"message"')) :])


def test_a_collector_that_never_answers_keeps_neither_requests_nor_the_end_waiting(tmp_path: Path) -> None:
    with Collector(never_answers) as collector:
        with shopkeeper(tmp_path / "shop.db", collector.variables) as server:
            for _ in range(50):
                assert send(server.url, "GET", "/counter").status == 200
        assert server.process.returncode == 0
        assert not collector.outwaited, "the server ended while the collector still kept it waiting"


def test_a_collector_that_refuses_is_told_by_its_answer_and_not_by_the_key(tmp_path: Path) -> None:
    key = {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20collector-key"}
    with (
        Collector(answers(401, b"who are you")) as collector,
        shopkeeper(tmp_path / "shop.db", {**collector.variables, **key}) as server,
    ):
        send(server.url, "GET", "/counter")
        assert "401" in json.loads(server.line_with('"traces are lost"'))["reason"]
    assert "collector-key" not in "".join(server.lines)


def test_what_ended_before_the_server_does_is_sent(tmp_path: Path) -> None:
    with Collector() as collector:
        later = {**collector.variables, "OTEL_BSP_SCHEDULE_DELAY": "600000"}
        with shopkeeper(tmp_path / "shop.db", later) as server:
            send(server.url, "GET", "/counter/last")
            assert collector.requests == []
        assert [span.name for span in collector.spans() if span.kind == "SERVER"] == ["GET /counter/{counter_id}"]
