"""A data file belongs to one key, one stage and one server, and commands refuse what does not fit."""

import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from shopkeeper.runtime.datafile import check_belongs, claim
from shopkeeper.settings import read
from shopkeeper.storage.tables import TABLES
from tests.support.faults import FaultyServer, fails, well
from tests.support.http import post_json, send
from tests.support.processes import Shopkeeper, run_cli, run_cli_in, shopkeeper
from tests.support.shop import PASSWORD, Person

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
OTHER = "9b2c7f51d04e8a63f1c9e07b52d8a46e"
PROD = {"STAGE": "prod", "JWT_SECRET_KEY": KEY}


@pytest.fixture(scope="module")
def kept_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data file of stage dev, with a key file beside it and one account, ann@example.com."""
    folder = tmp_path_factory.mktemp("shop")
    with shopkeeper(folder / "shop.db") as server:
        ann = {"email": "ann@example.com", "password": PASSWORD, "name": "Ann"}
        assert post_json(server.url, "/api/auth/register", ann).status == 201
    return folder


@pytest.fixture
def shop(kept_shop: Path, tmp_path: Path) -> Path:
    """The data file of a test of its own."""
    shutil.copytree(kept_shop, tmp_path, dirs_exist_ok=True)
    return tmp_path / "shop.db"


def refused(word: str, *arguments: str, **variables: str) -> str:
    """Run a command that must be refused with one sentence, and return that."""
    done = run_cli(*arguments, **variables)
    printed = done.stdout + done.stderr
    assert done.returncode == 2, printed
    assert printed.count("\n") == 1, printed
    assert word in printed
    return printed


USES_KEYS = [["serve", "--port", "0"], ["reset", "ann@example.com"], ["admin", "somebody"]]
MISFITS: list[tuple[dict[str, str], str]] = [
    ({"JWT_SECRET_KEY": OTHER}, "set that to the key of this data"),
    (PROD, "set STAGE=dev"),
    ({"STAGE": "staging"}, "set STAGE=dev"),
]


@pytest.mark.parametrize("command", USES_KEYS, ids=lambda command: str(command[0]))
@pytest.mark.parametrize(("variables", "remedy"), MISFITS, ids=["key", "stage and key", "stage"])
def test_another_key_or_stage_is_refused_and_what_to_set_is_said(
    command: list[str], variables: dict[str, str], remedy: str, shop: Path
) -> None:
    sentence = refused(remedy, *command, "--data", str(shop), **variables)
    assert "shopkeeper adopt" in sentence
    assert not any(secret in sentence for secret in (KEY, OTHER))


@pytest.mark.parametrize("command", USES_KEYS, ids=lambda command: str(command[0]))
def test_a_data_file_whose_key_is_missing_gets_no_new_one(command: list[str], shop: Path) -> None:
    key = shop.with_name("shop.db.key")
    kept = key.read_bytes()
    key.unlink()
    sentence = refused("is missing: put it back", *command, "--data", str(shop))
    assert "shopkeeper adopt" in sentence
    assert not key.exists()
    with shopkeeper(shop, {"JWT_SECRET_KEY": kept.decode()}) as server:
        assert send(server.url, "GET", "/health").status == 200, "it is the same key, wherever it is kept"


@pytest.mark.parametrize("command", USES_KEYS[1:], ids=lambda command: str(command[0]))
def test_reset_and_admin_make_no_data_file_and_no_key(command: list[str], tmp_path: Path) -> None:
    refused("There is no data file", *command, "--data", str(tmp_path / "shop.db"))
    refused("There is no data file", *command, STORE_URL=f"sqlite:///{tmp_path / 'shop.db'}")
    assert list(tmp_path.iterdir()) == []
    run_cli("tables", STORE_URL=f"sqlite:///{tmp_path / 'shop.db'}")
    refused("belongs to no key yet: start the server", *command, "--data", str(tmp_path / "shop.db"))
    assert [path.name for path in tmp_path.iterdir()] == ["shop.db"]


def test_reset_prints_a_link_that_works_while_the_server_runs(shop: Path) -> None:
    with shopkeeper(shop) as server:
        printed = run_cli("reset", "ann@example.com", "--data", str(shop)).stdout
        body = {"token": printed.partition("#token=")[2].strip(), "new_password": "another password"}
        assert post_json(server.url, "/api/auth/reset", body).status == 204


def test_adopting_goes_on_with_another_key_and_stage_and_says_what_ends(shop: Path) -> None:
    with shopkeeper(shop) as server:
        person = Person(server.url)
        refused("in use", "adopt", "--data", str(shop), **PROD)
    adopted = run_cli("adopt", "--data", str(shop), **PROD)
    assert adopted.returncode == 0, adopted.stderr
    assert "to stage prod and the key of JWT_SECRET_KEY now" in adopted.stdout
    assert "sessions, reset links and order tokens of the former key have ended" in adopted.stdout
    assert "already" in run_cli("adopt", "--data", str(shop), **PROD).stdout
    refused("set STAGE=prod", "serve", "--port", "0", "--data", str(shop))
    with shopkeeper(shop, PROD) as server:
        ended = post_json(server.url, "/api/auth/refresh", {"refresh_token": person.tokens["refresh_token"]})
        assert ended.status == 401
        again = post_json(server.url, "/api/auth/login", {"email": person.email, "password": PASSWORD})
        assert again.status == 200, "the data itself is as it was"


def test_adopting_without_a_key_makes_one(shop: Path) -> None:
    key = shop.with_name("shop.db.key")
    former = key.read_bytes()
    key.unlink()
    assert "Everybody signs in anew" in run_cli("adopt", "--data", str(shop)).stdout
    assert key.read_bytes() != former
    with shopkeeper(shop) as server:
        assert send(server.url, "GET", "/health").status == 200


def test_only_a_data_file_that_is_there_can_be_adopted(tmp_path: Path) -> None:
    refused("There is no data file", "adopt", "--data", str(tmp_path / "shop.db"))
    refused("Only a data file is bound", "adopt", STORE_URL="dynamodb:")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_a_version_before_is_bound_by_its_first_start(shop: Path) -> None:
    connection = sqlite3.connect(shop)
    connection.execute("DROP TABLE about")
    connection.close()
    refused("belongs to no key yet", "reset", "ann@example.com", "--data", str(shop))
    with shopkeeper(shop) as server:
        assert send(server.url, "GET", "/health").status == 200
    refused("set STAGE=dev", "serve", "--port", "0", "--data", str(shop), **PROD)


def test_a_copy_belongs_to_the_key_of_its_first_start(shop: Path) -> None:
    target = shop.with_name("copy.db")
    done = run_cli_in(shop.parent, "copy", "--from", f"sqlite:///{shop}", "--to", f"sqlite:///{target}")
    assert "users: 1 on both sides" in done.stdout
    with shopkeeper(target, PROD) as server:
        assert send(server.url, "GET", "/health").status == 200
    refused("set STAGE=prod", "serve", "--port", "0", "--data", str(target))


def test_an_empty_key_file_stops_the_start(tmp_path: Path) -> None:
    """A disk that was full at the first start left one: everybody could sign for it."""
    key = tmp_path / "shop.db.key"
    key.touch(0o600)
    refused("full disk", "serve", "--port", "0", "--data", str(tmp_path / "shop.db"))
    assert key.read_bytes() == b""


def test_a_symbolic_link_is_the_data_file_and_has_its_key(shop: Path) -> None:
    link = shop.parent / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(shop)
    with shopkeeper(link) as server:
        assert send(server.url, "GET", "/health").status == 200
        refused("in use by another server", "serve", "--port", "0", "--data", str(shop))
    assert [path.name for path in link.parent.iterdir()] == ["link.db"]


def test_a_key_that_stood_beside_a_symbolic_link_is_not_forgotten(shop: Path) -> None:
    link = shop.parent / "link.db"
    link.symlink_to(shop)
    shop.with_name("shop.db.key").rename(shop.with_name("link.db.key"))
    connection = sqlite3.connect(shop)
    connection.execute("DROP TABLE about")
    connection.close()
    refused("move it to", "serve", "--port", "0", "--data", str(link))


def test_a_hard_link_is_refused(shop: Path) -> None:
    with shopkeeper(shop):
        shop.with_name("link.db").hardlink_to(shop)
        refused("hard link", "serve", "--port", "0", "--data", str(shop.with_name("link.db")))


def test_a_moved_data_file_is_still_the_running_servers(shop: Path) -> None:
    with shopkeeper(shop):
        moved = shop.rename(shop.with_name("moved.db"))
        refused("in use by another server", "serve", "--port", "0", "--data", str(moved))


def _removed(shop: Path) -> None:
    shop.unlink()


def _replaced(shop: Path) -> None:
    other = shop.with_name("other.db")
    other.write_bytes(shop.read_bytes())
    other.replace(shop)


@pytest.mark.parametrize("change", [_removed, _replaced])
def test_a_file_that_is_replaced_while_it_is_served_is_an_outage_and_no_clean_stop(
    change: Callable[[Path], None], shop: Path
) -> None:
    with shopkeeper(shop) as server:
        assert send(server.url, "GET", "/counter/home").status == 200
        change(shop)
        assert send(server.url, "GET", "/counter/home").status == 500, "as of every visit that cannot be counted"
        assert Person(server.url).registered.status == 503
        assert send(server.url, "GET", "/health").status == 503
    assert server.process.returncode == 2
    assert any("was replaced or removed while it was open" in line for line in server.lines), "in the log"
    assert "was replaced or removed while it was served" in server.lines[-1]


def test_a_damaged_file_is_refused_at_the_start(shop: Path) -> None:
    with shop.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)
    refused("shopkeeper restore", "serve", "--port", "0", "--data", str(shop))


def test_a_file_that_others_may_read_is_taken_from_them_and_that_is_said(shop: Path) -> None:
    shop.chmod(0o644)
    with shopkeeper(shop) as server:
        assert send(server.url, "GET", "/health").status == 200
    assert f"Others had access to {shop}; now only its owner has." in server.lines
    assert oct(shop.stat().st_mode)[-3:] == "600"


SECRETS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:jwt"
THIRD = "4d1c93e07fa85b26c0e9d7b3182f6a5d"


def test_a_rotation_in_secrets_manager_keeps_the_data_file(tmp_path: Path) -> None:
    store = {"STORE_URL": f"sqlite:///{tmp_path / 'shop.db'}"}
    first = (KEY, fails(400, "ResourceNotFoundException"))
    for current, previous in [first, (OTHER, well(SecretString=KEY)), (THIRD, well(SecretString=OTHER))]:
        with FaultyServer(*[well(SecretString=current), previous] * 2) as server:
            environment = {**store, "STAGE": "prod", "JWT_SECRET_ARN": ARN, **SECRETS, "AWS_ENDPOINT_URL": server.url}
            settings = read(environment, TABLES)
            lock = claim(settings, lambda sentence: None)
            assert lock is not None
            lock.close()
            check_belongs(settings)
    refused("not to JWT_SECRET_KEY", "serve", "--port", "0", **store, STAGE="prod", JWT_SECRET_KEY=OTHER)


def test_files_of_a_data_folder_are_not_committed() -> None:
    names = ["shop.db", "shop.db.key", "shop.db.lock", "shop.db-wal", "other-wal", "other-shm", "shop.backup"]
    names += ["shop.backup.key", ".x1-shop.db.key", "shop.db.before-schema-1"]
    done = subprocess.run(["git", "check-ignore", *names], capture_output=True, text=True, check=False)
    assert done.stdout.split() == names
    listed = subprocess.run(
        ["git", "ls-files", "-ci", "--exclude-standard"], capture_output=True, text=True, check=True
    )
    assert listed.stdout == "", "nothing that is committed is ignored"


def test_a_log_without_its_data_file_is_refused_and_kept(tmp_path: Path) -> None:
    data, log = tmp_path / "shop.db", tmp_path / "shop.db-wal"
    server = Shopkeeper(data)
    for _ in range(5):
        send(server.url, "GET", "/counter")
    server.stop(signal.SIGKILL)
    held = log.read_bytes()
    assert held
    data.rename(tmp_path / "away.db")
    for command in (["serve", "--port", "0"], ["tables"], ["adopt"]):
        done = run_cli(*command, "--data", str(data))
        assert done.returncode == 2
        assert "there is its log shop.db-wal" in done.stderr or "There is no data file" in done.stderr
        assert (log.read_bytes(), data.exists()) == (held, False)
    (tmp_path / "away.db").rename(data)
    with shopkeeper(data) as again:
        assert send(again.url, "GET", "/health").json["counter_value"] == 5


def test_a_start_without_a_key_makes_no_data_file(tmp_path: Path) -> None:
    data = tmp_path / "shop.db"
    done = run_cli("serve", "--port", "0", "--data", str(data), STAGE="prod")
    assert done.returncode == 2
    assert "JWT_SECRET_KEY" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_start_says_whether_the_data_file_is_new(tmp_path: Path) -> None:
    for said in ("shop.db (new). Try:", "shop.db. Try:"):
        with shopkeeper(tmp_path / "shop.db") as running:
            assert running.line_with("Try:").strip().endswith(said)


def test_an_older_file_is_not_bound_to_another_key_than_the_one_beside_it(shop: Path) -> None:
    with sqlite3.connect(shop) as connection:
        connection.execute("DROP TABLE about")
    connection.close()
    refused("was served with the key in", "serve", "--port", "0", "--data", str(shop), **PROD)
    with shopkeeper(shop) as server:
        signed_in = post_json(server.url, "/api/auth/login", {"email": "ann@example.com", "password": PASSWORD})
        assert signed_in.status == 200


def test_a_new_key_for_an_older_file_is_told(shop: Path) -> None:
    with sqlite3.connect(shop) as connection:
        connection.execute("DROP TABLE about")
    connection.close()
    shop.with_name("shop.db.key").unlink()
    with shopkeeper(shop) as server:
        assert f"A new key was made for {shop}: everybody signs in anew." in list(server.lines)
