"""`/metrics` on one machine: a port of its own, what it tells, and what it keeps to itself."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from shopkeeper.functions.all import FUNCTIONS
from tests.support.http import Answer, send
from tests.support.metrics import named, scrape
from tests.support.processes import Shopkeeper, free_port, run_cli, running, shopkeeper
from tests.support.shop import Owner, order_for, place
from tests.support.tools import ROOT, need


class Watched:
    """A server with metrics."""

    def __init__(self, server: Shopkeeper, port: int) -> None:
        self.server = server
        self.port = port

    def ask(self, method: str, path: str) -> Answer:
        return send(f"http://127.0.0.1:{self.port}", method, path)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    port = free_port()
    with shopkeeper(tmp_path_factory.mktemp("metrics") / "shop.db", {"METRICS_PORT": str(port)}) as server:
        assert server.line_with(f"Metrics are on http://127.0.0.1:{port}/metrics.")
        yield Watched(server, port)


def test_what_happens_is_counted(watched: Watched) -> None:
    before = scrape(watched.port)
    owner = Owner(watched.server.url)
    item = owner.add()
    for _ in range(3):
        assert place(owner, order_for(item)).status == 201
    for number in range(5):
        send(watched.server.url, "GET", f"/counter/page{number}")
        send(watched.server.url, "GET", f"/nowhere/{number}")
    after = scrape(watched.port)
    routes = {endpoint.path for function in FUNCTIONS for endpoint in function.endpoints}
    requests = named(after, "shopkeeper_requests_total")
    assert requests['{route="/counter/{counter_id}",method="GET",status="200"}'] == 5
    assert requests['{route="other",method="GET",status="403"}'] == 5
    assert all(key.split('"')[1] in routes | {"other"} for key in requests)
    assert named(after, "shopkeeper_events_total")['{event="Orders"}'] == 3
    assert after["shopkeeper_commit_size_count"] == after["shopkeeper_commit_duration_seconds_count"]
    assert after["shopkeeper_commit_size_sum"] > before.get("shopkeeper_commit_size_sum", 0)
    assert after["shopkeeper_connections"] >= 0
    assert after['shopkeeper_data_bytes{file="log"}'] > 0
    assert after["process_resident_memory_bytes"] > 10_000_000


def test_open_orders_are_counted_at_a_later_scrape(tmp_path: Path) -> None:
    port = free_port()
    with shopkeeper(tmp_path / "shop.db", {"METRICS_PORT": str(port)}) as server:
        owner = Owner(server.url)
        item = owner.add()
        for _ in range(3):
            assert place(owner, order_for(item)).status == 201
        metrics = scrape(port)  # the first scrape: nothing is remembered
        assert metrics["shopkeeper_orders_open"] == metrics["shopkeeper_orders_waiting"] == 3
        assert metrics["shopkeeper_data_readable"] == 1
        assert metrics["shopkeeper_mails_waiting"] == metrics["shopkeeper_webhooks_behind"] == 0


def test_each_alert_is_about_metrics_that_there_are(watched: Watched) -> None:
    send(watched.server.url, "GET", "/counter")
    there = {re.sub(r"_(bucket|sum|count)$", "", name.partition("{")[0]) for name in scrape(watched.port)} | {"up"}
    rules = (ROOT / "deploy" / "alerts.yml").read_text()
    named_there = set(re.findall(r"\b(?:shopkeeper|process)_[a-z_]+", rules))
    assert len(named_there) > 10
    assert named_there <= there


def test_promtool_finds_no_fault(watched: Watched) -> None:
    with urlopen(f"http://127.0.0.1:{watched.port}/metrics", timeout=30) as answer:  # loopback
        text = answer.read()
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    done = subprocess.run(
        [need("promtool"), "check", "metrics"], input=text, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_the_port_has_nothing_else_and_the_server_s_own_port_has_no_metrics(watched: Watched) -> None:
    assert watched.ask("HEAD", "/metrics").status == 200
    for method, path, status in (("GET", "/", 404), ("GET", "/health", 404), ("POST", "/metrics", 405)):
        assert watched.ask(method, path).status == status
    assert send(watched.server.url, "GET", "/metrics").status == 403


def test_metrics_name_no_person_and_no_secret(watched: Watched) -> None:
    owner = Owner(watched.server.url)
    send(watched.server.url, "GET", f"/counter/visible?email={owner.email}")
    told = json.dumps(scrape(watched.port))
    for secret in (owner.email, owner.tokens["access_token"], "page1", "visible", "127.0.0.1"):
        assert secret not in told


def test_prometheus_reads_them(watched: Watched, tmp_path: Path) -> None:
    port = free_port()
    configuration = tmp_path / "prometheus.yml"
    target = f"127.0.0.1:{watched.port}"
    configuration.write_text(
        "global: {scrape_interval: 1s}\n"
        f"scrape_configs: [{{job_name: shopkeeper, static_configs: [{{targets: ['{target}']}}]}}]\n"
    )
    arguments = [f"--config.file={configuration}", f"--storage.tsdb.path={tmp_path / 'tsdb'}"]
    command = [need("prometheus"), *arguments, f"--web.listen-address=127.0.0.1:{port}"]
    with running(command, port, tmp_path / "prometheus.log"):
        for _ in range(300):
            found = send(f"http://127.0.0.1:{port}", "GET", "/api/v1/query?query=shopkeeper_build_info")
            if found.status == 200 and found.json["data"]["result"]:
                break
            time.sleep(0.1)
        (result,) = found.json["data"]["result"]
        assert result["value"][1] == "1"
        assert result["metric"]["instance"] == target


def test_without_the_setting_there_is_no_port_and_the_log_has_no_metrics(tmp_path: Path) -> None:
    with shopkeeper(tmp_path / "shop.db") as server:
        send(server.url, "GET", "/counter")
        server.line_with('"path":"/counter"')
        assert not any("Metrics are on" in line or '"_aws"' in line for line in server.lines)


def test_a_port_that_is_taken_is_one_sentence(watched: Watched, tmp_path: Path) -> None:
    done = run_cli("serve", "--port", "0", "--data", str(tmp_path / "a.db"), METRICS_PORT=str(watched.port))
    assert (done.returncode, done.stderr) == (
        2,
        f"Cannot listen on 127.0.0.1:{watched.port}: Address already in use.\n",
    )
    assert not (tmp_path / "a.db").exists()


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1"])
def test_a_wrong_port_is_one_sentence(port: str) -> None:
    done = run_cli("serve", METRICS_PORT=port)
    assert done.returncode == 2
    assert done.stderr == f"METRICS_PORT must be the number of a port from 1 to 65535, not '{port}'.\n"
