"""`shopkeeper check`, and the file of settings: what would run, what is wrong, and no secret."""

import socket
from pathlib import Path

import pytest

from shopkeeper.storage.tables import TABLES
from tests.support.former import put_former_file
from tests.support.processes import free_port, run_cli_in, shopkeeper
from tests.support.smtp import smtp_server
from tests.support.stores import aws_environment, table_names

KEY = "5e0f1c9a7b3d2846a1c0e9f8d7b6a594"
Outcome = tuple[int, str, str]


def check(folder: Path, *arguments: str, **variables: str) -> Outcome:
    done = run_cli_in(folder, *arguments, "check", **variables)
    assert "Traceback" not in done.stderr
    assert KEY not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def write(folder: Path, text: str, name: str = ".env") -> Path:
    file = folder / name
    file.write_text(text)
    file.chmod(0o600)
    return file


def test_in_an_empty_folder_everything_is_well_and_nothing_is_made(tmp_path: Path) -> None:
    status, printed, problems = check(tmp_path)
    assert (status, problems) == (0, "")
    assert f"key: {tmp_path / 'shopkeeper.db.key'} will be made\n" in printed
    assert f"data: {tmp_path / 'shopkeeper.db'} will be made; " in printed
    assert "registration: open, anybody can make an account\n" in printed
    assert printed.endswith("No problem was found.\n")
    assert not list(tmp_path.iterdir())


def test_the_file_of_the_working_folder_is_read_and_the_environment_goes_first(tmp_path: Path) -> None:
    write(tmp_path, f"STAGE=prod\nJWT_SECRET_KEY={KEY}\nLOG_LEVEL=ERROR\nLOG_LEVL=x\n")
    status, printed, said = check(tmp_path, LOG_LEVEL="DEBUG")
    assert status == 0
    assert said == ".env: LOG_LEVL is not a setting and is ignored; LOG_LEVEL is one.\n"
    assert "stage: prod\n" in printed
    assert "  LOG_LEVEL=DEBUG\n" in printed
    assert "  JWT_SECRET_KEY=(hidden) (from .env)\n" in printed
    assert "key: JWT_SECRET_KEY, with the fingerprint " in printed


def test_a_file_may_be_named_instead(tmp_path: Path) -> None:
    write(tmp_path, "STAGE=nonsense\n")
    write(tmp_path, f"STAGE=staging\nJWT_SECRET_KEY={KEY}\n", "shop.env")
    assert "stage: staging\n" in check(tmp_path, "--env-file", "shop.env")[1]
    done = run_cli_in(tmp_path, "--env-file", "absent.env", "check")
    assert (done.returncode, done.stderr) == (2, "The file absent.env cannot be read: No such file or directory.\n")


def test_every_command_takes_the_settings_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, f"STORE_URL=sqlite:///{tmp_path / 'named.db'}\n")
    assert run_cli_in(tmp_path, "tables").returncode == 0
    assert (tmp_path / "named.db").exists()
    write(tmp_path, "STAGE=prod # which one\n")
    for command in ("tables", "serve", "check"):
        done = run_cli_in(tmp_path, command)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("Line 1 of .env: put the value of STAGE in quotes")
    assert run_cli_in(tmp_path, "--version").returncode == 0


def test_every_wrong_setting_is_named_at_once(tmp_path: Path) -> None:
    password = "hunter2"
    wrong = {"STAGE": "x", "REGISTRATION": "no", "SMTP_URL": f"smtp://u:{password}@", "ORDER_ACCEPT_SECONDS": "0"}
    status, printed, problems = check(tmp_path, **wrong)
    assert status == 1
    assert {line.split()[1] for line in problems.splitlines()} == set(wrong)
    assert password not in printed + problems
    assert "  SMTP_URL=(hidden)\n" in printed


@pytest.mark.parametrize(
    ("variables", "remedy"),
    [
        ({"STAGE": "prod"}, "JWT_SECRET_KEY, JWT_SECRET_ARN or JWT_SECRET_PARAMETER is needed"),
        ({"STAGE": "prod", "JWT_SECRET_KEY": "short"}, "at least 32 random bytes"),
        ({"STORE_URL": "sqlite:///no/such/shop.db"}, "run `mkdir -p "),
        ({"SMTP_URL": "smtp://localhost"}, "SMTP_URL needs MAIL_FROM"),
    ],
)
def test_a_problem_says_what_to_do(variables: dict[str, str], remedy: str, tmp_path: Path) -> None:
    status, printed, problems = check(tmp_path, **variables)
    assert status == 1
    assert remedy in problems
    assert problems.startswith("problem: ")
    assert problems.count("\n") == 1
    assert "No problem" not in printed
    assert not list(tmp_path.iterdir())


def test_a_data_file_is_read_whole_whether_a_server_has_it_or_not(tmp_path: Path) -> None:
    data = tmp_path / "shopkeeper.db"
    with shopkeeper(data):
        status, printed, _ = check(tmp_path)
        assert status == 0
        assert "a server is running on it; " in printed
    status, printed, _ = check(tmp_path)
    assert status == 0
    assert f"data: {data}, of version 1, " in printed
    assert "no server is running on it; " in printed
    assert "  it belongs to this key and this stage\n" in printed
    status, _, problems = check(tmp_path, JWT_SECRET_KEY=KEY)
    assert (status, "set that to the key of this data" in problems) == (1, True)
    with data.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 20000)
    status, _, problems = check(tmp_path)
    assert status == 1
    assert "`shopkeeper restore` replaces it with a backup" in problems


def test_what_is_no_data_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "shopkeeper.db").write_text("no database " * 200)
    status, _, problems = check(tmp_path)
    assert status == 1
    assert "`shopkeeper restore` replaces it with a backup" in problems


def test_a_file_of_a_former_version_is_told_and_not_converted(tmp_path: Path) -> None:
    put_former_file(tmp_path / "shopkeeper.db")
    before = (tmp_path / "shopkeeper.db").stat().st_size
    _, printed, _ = check(tmp_path)
    assert "of a former version, which the next start converts to 1, " in printed
    assert (tmp_path / "shopkeeper.db").stat().st_size == before
    assert not list(tmp_path.glob("*.before-schema-*"))


def test_others_must_not_read_the_secrets_of_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, f"STAGE=prod\nJWT_SECRET_KEY={KEY}\n")
    file.chmod(0o644)
    status, _, problems = check(tmp_path)
    assert (status, problems) == (1, "problem: Others can read the secrets in .env: run `chmod 600 .env`.\n")
    write(tmp_path, "STAGE=dev\n").chmod(0o644)
    assert check(tmp_path)[0] == 0


def test_the_mail_server_is_tried_if_asked_and_gets_no_mail(tmp_path: Path) -> None:
    with smtp_server() as server:
        variables = {"SMTP_URL": f"smtp://127.0.0.1:{server.port}", "MAIL_FROM": "shop@example.com"}
        assert "which was not tried" in check(tmp_path, **variables)[1]
        assert not server.commands
        done = run_cli_in(tmp_path, "check", "--smtp", **variables)
        assert done.returncode == 0
        assert f"mails: from shop@example.com by 127.0.0.1:{server.port}, which answers\n" in done.stdout
        assert not server.taken
        server.answers["EHLO"] = server.answers["HELO"] = b"554 5.7.1 go away"
        done = run_cli_in(tmp_path, "check", "--smtp", **variables)
        assert done.returncode == 1
        assert "cannot be used (" in done.stderr
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nobody = silent.getsockname()[1]
    done = run_cli_in(tmp_path, "check", "--smtp", **{**variables, "SMTP_URL": f"smtp://127.0.0.1:{nobody}"})
    assert (done.returncode, "ConnectionRefusedError" in done.stderr) == (1, True)


def test_tables_on_dynamodb_are_tried(dynoxide: str, tmp_path: Path) -> None:
    names = {table.environment: name for table, name in table_names(TABLES).items()}
    variables = {**aws_environment(dynoxide), **names, "STORE_URL": "dynamodb:", "JWT_SECRET_KEY": KEY}
    status, _, problems = check(tmp_path, **variables)
    assert status == 1
    assert "`shopkeeper tables` makes the tables that are missing" in problems
    assert run_cli_in(tmp_path, "tables", **variables).returncode == 0
    status, printed, _ = check(tmp_path, **variables)
    assert status == 0
    assert f"data: {len(TABLES)} tables on DynamoDB in us-east-1\n" in printed
    away = {**variables, "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{free_port()}"}
    assert check(tmp_path, **away)[0] == 1
