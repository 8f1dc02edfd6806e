"""Pictures in backups and copies: they come along whole, and what is missing is told."""

import json
import shutil
import stat
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from shopkeeper.storage.pictures.folder import PictureFolder
from shopkeeper.storage.tables import TABLES
from tests.integration.test_backup import done, refused
from tests.integration.test_copy import copy
from tests.support.http import send
from tests.support.pictures import JPEG, PNG, attach, post_form, show, start
from tests.support.processes import run_cli, run_cli_in, shopkeeper
from tests.support.shop import Owner
from tests.support.stores import aws_environment, table_names
from tests.unit.test_picture_types import ITEM

ORPHAN = f"{ITEM}/01a00000-0000-7000-8000-000000000000.png"


class Stocked:
    """A data file with two items that show pictures, and a picture that none shows yet."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with shopkeeper(data) as server:
            owner = Owner(server.url)
            self.items = [owner.add() for _ in range(2)]
            self.shown = [show(owner, self.items[0], PNG), show(owner, self.items[1], JPEG, "image/jpeg")]
            form = start(owner, self.items[0])
            assert post_form(server.url, form["upload"], PNG).status == 204
            self.waiting = form["picture"]

    @property
    def folder(self) -> PictureFolder:
        return PictureFolder(self.data.with_name(f"{self.data.name}.pictures"))


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Stocked:
    folder = tmp_path_factory.mktemp("origin")
    return Stocked(folder / "shop.db")


@pytest.fixture
def stocked(origin: Stocked, tmp_path: Path) -> Stocked:
    """A copy of it that a test may spoil."""
    mine = Stocked.__new__(Stocked)
    mine.__dict__.update(origin.__dict__)
    shutil.copytree(origin.data.parent, tmp_path / "shop")
    mine.data = tmp_path / "shop" / "shop.db"
    return mine


def assert_served(stocked: Stocked, data: Path, **variables: str) -> None:
    """Assert that a server on a data file shows the pictures as they were."""
    with shopkeeper(data, variables) as server:
        for item, name, content in zip(stocked.items, stocked.shown, (PNG, JPEG), strict=True):
            shown = send(server.url, "GET", f"/api/items/{item['item_id']}").json
            assert shown["picture"] == name
            assert send(server.url, "GET", shown["picture_url"]).body == content


def test_a_backup_holds_the_pictures_and_restoring_brings_them_back(stocked: Stocked, tmp_path: Path) -> None:
    backup = tmp_path / "shelf" / "b.db"
    backup.parent.mkdir()
    printed = done("backup", backup, "--data", stocked.data, "--with-key")
    assert f"3 pictures are in {backup}.pictures.\n" in printed
    kept = PictureFolder(backup.with_name("b.db.pictures"))
    assert set(kept.names()) == {*stocked.shown, stocked.waiting}
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o700
    assert (kept.path / stocked.shown[0]).stat().st_nlink == 2, "it takes no room"
    shutil.rmtree(stocked.data.parent)
    assert f"3 pictures are in {backup}.pictures.\n" in done("restore", backup, "--check")
    again = tmp_path / "again" / "shop.db"
    again.parent.mkdir()
    assert f"3 pictures are in {again}.pictures now.\n" in done("restore", backup, "--data", again)
    assert_served(stocked, again)


def test_a_backup_of_a_running_server_has_what_was_shown_and_stays_as_it_was(stocked: Stocked, tmp_path: Path) -> None:
    with shopkeeper(stocked.data) as server:
        owner = Owner(server.url)
        item = owner.add()
        first = show(owner, item)
        done("backup", tmp_path / "b.db", "--data", stocked.data, "--with-key")
        second = show(owner, item)
        assert attach(owner, item, None).status == 200
        assert not {first, second} & set(stocked.folder.names())
    done("restore", tmp_path / "b.db", "--data", tmp_path / "new.db")
    with shopkeeper(tmp_path / "new.db") as server:
        assert send(server.url, "GET", f"/api/items/{item['item_id']}").json["picture"] == first
        assert send(server.url, "GET", f"/pictures/{first}").body == PNG
        assert send(server.url, "GET", f"/pictures/{second}").status == 404


def test_pictures_that_are_there_are_not_mixed_with_others(stocked: Stocked, tmp_path: Path) -> None:
    (tmp_path / "b.db.pictures" / "old").mkdir(parents=True)
    assert "There already is a folder" in refused("backup", tmp_path / "b.db", "--data", stocked.data)
    assert "belongs to the data file" in refused("backup", f"{stocked.data}.pictures", "--data", stocked.data)
    shutil.rmtree(tmp_path / "b.db.pictures")
    done("backup", tmp_path / "b.db", "--data", stocked.data)
    (tmp_path / "new.db.pictures").mkdir()
    assert "There already is a folder" in refused("restore", tmp_path / "b.db", "--data", tmp_path / "new.db")
    assert list((tmp_path / "new.db.pictures").iterdir()) == []


def test_a_backup_that_fails_leaves_no_pictures(stocked: Stocked, tmp_path: Path) -> None:
    stocked.data.write_bytes(stocked.data.read_bytes()[:5000])
    run = run_cli("backup", str(tmp_path / "b.db"), "--data", str(stocked.data))
    assert run.returncode == 2
    assert not list(tmp_path.glob("b.db*"))


def test_pictures_that_no_item_shows_are_removed_by_a_backfill(stocked: Stocked) -> None:
    stocked.folder.write(ORPHAN, PNG)
    assert "pictures: 1 of no item removed" in done("tables", "--backfill", "--data", stocked.data)
    assert set(stocked.folder.names()) == {*stocked.shown, stocked.waiting}
    assert "pictures" not in done("tables", "--backfill", "--data", stocked.data)


@pytest.fixture
def aws(dynoxide: str, moto: str) -> dict[str, str]:
    """The environment of empty tables and an empty bucket."""
    name = f"pictures-{uuid4().hex[:8]}"
    client: Any = boto3.client(
        "s3", endpoint_url=moto, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    client.create_bucket(Bucket=name)
    client.close()
    names = {table.environment: physical for table, physical in table_names(TABLES).items()}
    place = {"AWS_ENDPOINT_URL_S3": moto, "S3_BUCKET_NAME": name, "PICTURES_URL": "https://pictures.example"}
    environment = {**aws_environment(dynoxide), **names, **place}
    assert run_cli("tables", STORE_URL="dynamodb:", **environment).returncode == 0
    return environment


def test_pictures_move_to_a_bucket_and_back(stocked: Stocked, aws: dict[str, str], tmp_path: Path) -> None:
    there = copy(tmp_path, f"sqlite:///{stocked.data}", "dynamodb:", **aws)
    assert there.returncode == 0, there.stderr
    assert "pictures: 2 on both sides\n" in there.stdout
    with shopkeeper(None, {"STORE_URL": "dynamodb:", **aws}) as moved:
        item = send(moved.url, "GET", f"/api/items/{stocked.items[0]['item_id']}").json
        assert item["picture_url"] == f"https://pictures.example/pictures/{stocked.shown[0]}"
        owner = Owner(moved.url)
        own = owner.add()
        form = start(owner, own)
        assert form["upload"]["fields"]["key"] == f"pictures/{form['picture']}"
        assert attach(owner, own, form["picture"]).json["code"] == "picture_missing"
        assert post_form("", form["upload"], PNG).status == 204
        assert attach(owner, own, form["picture"]).json["picture"] == form["picture"]
    back = copy(tmp_path, "dynamodb:", f"sqlite:///{tmp_path}/back.db", **aws)
    assert back.returncode == 0, back.stderr
    assert "pictures: 3 on both sides\n" in back.stdout
    assert_served(stocked, tmp_path / "back.db", JWT_SECRET_KEY=aws["JWT_SECRET_KEY"])


def test_a_copy_that_broke_off_finds_its_pictures_again(stocked: Stocked, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path}/target.db"
    journal = {"source": f"sqlite:///{stocked.data}", "target": target}
    (tmp_path / "shopkeeper-copy.json").write_text(json.dumps(journal))
    PictureFolder(tmp_path / "target.db.pictures").write(stocked.shown[0], PNG)
    again = copy(tmp_path, f"sqlite:///{stocked.data}", target)
    assert again.returncode == 0, again.stderr
    assert "pictures: 2 on both sides\n" in again.stdout
    assert_served(stocked, tmp_path / "target.db")


def test_a_copy_shows_how_many_pictures_are_done(stocked: Stocked, tmp_path: Path) -> None:
    sides = ("--from", f"sqlite:///{stocked.data}", "--to", f"sqlite:///{tmp_path}/target.db")
    told = run_cli_in(tmp_path, "copy", *sides, "--progress")
    assert told.returncode == 0, told.stderr
    assert "pictures: 2 of 2" in told.stderr.splitlines()


def test_a_picture_that_the_source_has_lost_is_told(stocked: Stocked, tmp_path: Path) -> None:
    stocked.folder.remove(stocked.shown[1])
    told = copy(tmp_path, f"sqlite:///{stocked.data}", f"sqlite:///{tmp_path}/target.db")
    assert told.returncode == 0, told.stderr
    assert "pictures: 1 on both sides\n" in told.stdout
    assert f"The picture {stocked.shown[1]} is missing" in told.stderr


def test_without_a_bucket_nothing_is_copied_to_dynamodb(stocked: Stocked, aws: dict[str, str], tmp_path: Path) -> None:
    bare = {name: value for name, value in aws.items() if name not in ("S3_BUCKET_NAME", "PICTURES_URL")}
    refusal = copy(tmp_path, f"sqlite:///{stocked.data}", "dynamodb:", **bare)
    assert (refusal.returncode, refusal.stderr.count("\n")) == (2, 1)
    assert "Items show 2 pictures: S3_BUCKET_NAME and PICTURES_URL must name" in refusal.stderr
    assert copy(tmp_path, f"sqlite:///{stocked.data}", "dynamodb:", **aws).returncode == 0, "the tables are empty"
