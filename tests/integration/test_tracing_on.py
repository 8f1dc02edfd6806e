"""Whether one machine is traced: only if it is told to, and only with what that needs."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.collector import Collector
from tests.support.environment import clean_environment
from tests.support.http import send
from tests.support.processes import run_cli, run_cli_in, shopkeeper

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

WITHOUT = """
import sys

class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "opentelemetry":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Without())
sys.argv = ["shopkeeper", *sys.argv[1:]]
from shopkeeper.__main__ import main
main()
"""
LOADED = """
import atexit, sys
atexit.register(lambda: print("loaded:", *[name for name in sys.modules if name.startswith("opentelemetry")]))
from shopkeeper.__main__ import main
main()
"""
REMEDY = "but OpenTelemetry is not installed: run `pip install 'shopkeeper[otel]'`, or remove the variable."


def without_the_extra(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *arguments],
        cwd=folder,
        env=clean_environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("variable", ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])
@pytest.mark.parametrize("command", ["serve", "check"])
def test_without_the_extra_an_endpoint_is_one_sentence_with_its_remedy(
    variable: str, command: str, tmp_path: Path
) -> None:
    done = without_the_extra(tmp_path, command, **{variable: "http://127.0.0.1:4318"})
    assert done.returncode == (2 if command == "serve" else 1)
    assert done.stderr == ("problem: " if command == "check" else "") + f"{variable} is set, {REMEDY}\n"
    assert not list(tmp_path.iterdir())


def test_without_the_extra_and_without_an_endpoint_all_is_well(tmp_path: Path) -> None:
    done = without_the_extra(tmp_path, "check", OTEL_SERVICE_NAME="x", OTEL_TRACES_SAMPLER="always_on")
    assert (done.returncode, done.stderr) == (0, "")


def test_without_an_endpoint_nothing_of_opentelemetry_is_loaded(tmp_path: Path) -> None:
    others = {"OTEL_SERVICE_NAME": "x", "OTEL_TRACES_SAMPLER": "always_on", "TRACEPARENT_FROM": "127.0.0.1"}
    loads = (sys.executable, "-c", LOADED)
    with shopkeeper(tmp_path / "shop.db", others, loads) as server:
        answer = send(server.url, "GET", "/counter", headers={"traceparent": TRACEPARENT})
        assert "trace_id" not in server.line_with(answer.headers["x-request-id"])
    assert server.line_with("loaded:").strip() == "loaded:"


def test_the_sdk_can_be_switched_off(tmp_path: Path) -> None:
    with Collector() as collector:
        with shopkeeper(tmp_path / "shop.db", {**collector.variables, "OTEL_SDK_DISABLED": "true"}) as server:
            send(server.url, "GET", "/counter")
        assert collector.requests == []


def test_a_sampler_that_the_sdk_does_not_know_is_told_at_the_start(tmp_path: Path) -> None:
    with Collector() as collector:
        variables = {**collector.variables, "OTEL_TRACES_SAMPLER": "nonsense"}
        with shopkeeper(tmp_path / "shop.db", variables) as server:
            assert "nonsense" in server.line_with("OpenTelemetry: ")


def test_a_variable_that_the_sdk_cannot_use_is_one_sentence(tmp_path: Path) -> None:
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_BSP_MAX_QUEUE_SIZE": "4"}
    done = run_cli("serve", "--port", "0", "--data", str(tmp_path / "shop.db"), **variables)
    assert done.returncode == 2
    assert done.stderr.startswith("OpenTelemetry cannot use its variables: max_export_batch_size must be ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("url", ["127.0.0.1:4318", "grpc://127.0.0.1", "http://user:key@127.0.0.1:4318", "http://"])
def test_an_endpoint_that_is_no_url_is_one_sentence(url: str) -> None:
    done = run_cli("serve", OTEL_EXPORTER_OTLP_ENDPOINT=url)
    assert done.returncode == 2
    assert done.stderr.startswith("OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http://127.0.0.1:4318")
    assert done.stderr.count("\n") == 1


def test_a_password_in_the_url_of_a_collector_is_not_shown() -> None:
    url = "http://user:collector-key@127.0.0.1:4318"
    for command in ("serve", "check"):
        done = run_cli(command, OTEL_EXPORTER_OTLP_ENDPOINT=url)
        assert done.returncode != 0
        assert "OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http://127.0.0.1:4318" in done.stderr
        assert "collector-key" not in done.stdout + done.stderr


def test_the_file_of_settings_may_say_where_traces_go_and_its_key_stays_hidden(tmp_path: Path) -> None:
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",
        "OTEL_EXPORTER_OTLP_HEADERS": "x=collector-key",
    }
    lines = {**variables, "OTEL_BSP_MAX_QUEUE_SIZE": "100"}
    file = tmp_path / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
    file.chmod(0o644)
    done = run_cli_in(tmp_path, "check")
    assert done.stderr == "problem: Others can read the secrets in .env: run `chmod 600 .env`.\n"
    assert "  OTEL_EXPORTER_OTLP_HEADERS=(hidden) (from .env)\n" in done.stdout
    assert "  OTEL_BSP_MAX_QUEUE_SIZE=(hidden) (from .env)\n" in done.stdout
    assert "traces: sent to http://127.0.0.1:4318\n" in done.stdout
    assert "collector-key" not in done.stdout
