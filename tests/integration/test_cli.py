"""The command line as an operator uses it: what it prints, and one sentence for what is wrong."""

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from shopkeeper import __version__
from shopkeeper.storage.tables import TABLES
from tests.support.http import send
from tests.support.processes import SHOPKEEPER, Shopkeeper, clean_environment, free_port, run_cli, shopkeeper
from tests.support.stores import aws_environment, dynamodb_client
from tests.support.tools import ROOT, need

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def test_the_version() -> None:
    command = [*SHOPKEEPER, "--version"]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == f"{__version__}\n"


def test_serve_says_where_it_listens_where_the_data_is_and_what_to_try(tmp_path: Path) -> None:
    data = tmp_path / "my shop.db"
    with shopkeeper(data, program=SHOPKEEPER) as server:
        assert send(server.url, "GET", "/counter").json["count"] == 1
    printed = "\n".join(server.lines)
    assert f"listens on {server.url}" in printed
    assert str(data) in printed
    assert printed.count(f"curl {server.url}/") == 3
    with shopkeeper(data) as server:
        assert send(server.url, "GET", "/counter").json["count"] == 2, "the data survives a restart"


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_nothing_that_the_greeting_suggests_is_refused(stage: str, tmp_path: Path) -> None:
    with shopkeeper(tmp_path / "shop.db", {"STAGE": stage, "JWT_SECRET_KEY": KEY}) as server:
        for _ in range(3000):
            suggested = [line.strip() for line in list(server.lines) if line.startswith("  curl ")]
            if len(suggested) == 3:
                break
            time.sleep(0.02)
        curl = f"{need('curl')} --silent --output /dev/null --write-out '%{{http_code}}' "
        for command in suggested:
            line = command.replace("curl ", curl, 1)
            done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
            assert done.stdout in ("200", "201"), command
        assert len(suggested) == 3


def test_a_variable_that_is_almost_a_setting_is_named_at_the_start(tmp_path: Path) -> None:
    with shopkeeper(tmp_path / "shop.db", {"ALLOWED_ORIGIN": "https://shop.example"}) as server:
        assert "ALLOWED_ORIGIN is not a setting and is ignored; ALLOWED_ORIGINS is one." in server.lines
    done = run_cli("tables", STORE_URL=f"sqlite:///{tmp_path / 'shop.db'}", TABLENAME="x", JWT_SECRET="y")
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "JWT_SECRET is not a setting and is ignored; JWT_SECRET_KEY is one.",
        "TABLENAME is not a setting and is ignored; TABLE_NAME is one.",
    ]


def test_the_store_may_be_named_by_its_url(tmp_path: Path) -> None:
    data = tmp_path / "named.db"
    with shopkeeper(None, {"STORE_URL": f"sqlite:///{data}"}) as server:
        assert send(server.url, "GET", "/health").status == 200
    assert str(data) in "\n".join(server.lines)


WRONG_SETTINGS = [
    ({"STAGE": "production"}, "STAGE"),
    ({"STORE_URL": "mysql://x"}, "STORE_URL"),
    ({"ALLOWED_ORIGINS": "*"}, "ALLOWED_ORIGINS"),
    ({"STORE_URL": "sqlite:////nowhere/at/all/shop.db"}, "does not exist"),
    (
        {"STORE_URL": "dynamodb:", "AWS_EC2_METADATA_DISABLED": "true", "JWT_SECRET_KEY": "0123456789abcdef" * 2},
        "credentials",
    ),
    ({"STORE_URL": "dynamodb:", **aws_environment("nonsense")}, "endpoint"),
]


@pytest.mark.parametrize(("environment", "word"), WRONG_SETTINGS, ids=[case[1] for case in WRONG_SETTINGS])
def test_a_wrong_setting_stops_the_start_with_one_sentence(
    environment: dict[str, str], word: str, tmp_path: Path
) -> None:
    environment = {"HOME": str(tmp_path), **environment}
    for command in ("serve", "tables"):
        done = run_cli(command, *(["--port", "0"] if command == "serve" else []), **environment)
        assert_one_sentence(done.returncode, done.stdout + done.stderr, word)


def assert_one_sentence(status: int, printed: str, word: str) -> None:
    """Assert that a command failed with one sentence about `word`, and no traceback."""
    assert status == 2
    assert word in printed
    assert printed.count("\n") == 1
    assert printed.rstrip().endswith(".")
    assert "Traceback" not in printed


def _text(path: Path) -> None:
    path.write_text("no database " * 200)


def _read_only(path: Path) -> None:
    path.touch()
    path.chmod(0o444)


def _folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("prepare", "word"), [(_text, "not a database"), (_read_only, "read-only"), (_folder, "is a folder")]
)
def test_a_data_file_that_cannot_be_used_stops_the_start(prepare: object, word: str, tmp_path: Path) -> None:
    data = tmp_path / "shop.db"
    prepare(data)  # type: ignore[operator]
    done = run_cli("serve", "--port", "0", "--data", str(data))
    assert_one_sentence(done.returncode, done.stdout + done.stderr, word)


def test_a_port_in_use_stops_the_start(server: Shopkeeper, tmp_path: Path) -> None:
    done = run_cli("serve", "--port", str(server.port), "--data", str(tmp_path / "other.db"))
    assert_one_sentence(done.returncode, done.stdout + done.stderr, str(server.port))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run_cli("serve", "--port", str(port), "--data", str(tmp_path / "other.db"))
        assert_one_sentence(done.returncode, done.stdout + done.stderr, str(port))


def test_a_host_that_is_not_ours_stops_the_start(tmp_path: Path) -> None:
    done = run_cli("serve", "--host", "no.such.host.invalid", "--port", "0", "--data", str(tmp_path / "x.db"))
    assert_one_sentence(done.returncode, done.stdout + done.stderr, "no.such.host.invalid")


def test_a_data_file_that_another_server_holds_stops_the_start(tmp_path: Path) -> None:
    data = tmp_path / "held.db"
    with shopkeeper(data) as holder:
        done = run_cli("serve", "--port", "0", "--data", str(data))
        assert_one_sentence(done.returncode, done.stdout + done.stderr, f"process {holder.process.pid}")
        assert send(holder.url, "GET", "/counter").status == 200


def test_options_that_are_wrong_are_explained() -> None:
    for arguments in (["serve", "--port", "70000"], ["serve", "--port", "x"], ["nonsense"]):
        done = run_cli(*arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


def test_tables_are_created_once_and_repeating_is_safe(dynamodb_url: str) -> None:
    environment = {"STORE_URL": "dynamodb:", "STAGE": "staging", **aws_environment(dynamodb_url)}
    for table in TABLES:
        environment[table.environment] = f"{table.name}-{os.getpid()}-{free_port()}"
    first = run_cli("tables", **environment)
    again = run_cli("tables", **environment)
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert first.stdout.count("created") == len(TABLES)
    assert again.stdout.count("is as declared") == len(TABLES)

    client = dynamodb_client(environment)
    for table in TABLES:
        name = {"TableName": environment[table.environment]}
        described = client.call("DescribeTable", name, repeatable=True)["Table"]
        assert described["KeySchema"] == [
            {"AttributeName": attribute.name, "KeyType": kind}
            for attribute, kind in zip(table.key.attributes, ("HASH", "RANGE"), strict=False)
        ]
        indexes = {index["IndexName"] for index in described.get("GlobalSecondaryIndexes") or []}
        assert indexes == {index.name for index in table.indexes}
        ttl = client.call("DescribeTimeToLive", name, repeatable=True)["TimeToLiveDescription"]
        assert ttl.get("AttributeName") == table.ttl
    client.close()


def test_tables_says_that_it_made_a_data_file(tmp_path: Path) -> None:
    data = tmp_path / "shop.db"
    declared = [f"{table.name}: is as declared" for table in TABLES]
    assert run_cli("tables", STORE_URL=f"sqlite:///{data}").stdout.splitlines() == [f"made {data}", *declared]
    assert run_cli("tables", "--data", str(data)).stdout.splitlines() == declared


def test_the_openapi_document_is_the_committed_one() -> None:
    printed = run_cli("openapi").stdout
    assert printed == (ROOT / "docs" / "openapi.json").read_text(), "run `make openapi`"
