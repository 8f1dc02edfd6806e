"""Pictures in a folder: whole or not there, nobody else's to read, and never outside of it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from shopkeeper.storage import StoreError, StoreUnavailable
from shopkeeper.storage.pictures.folder import PictureFolder
from tests.support.pictures import JPEG, PNG
from tests.unit.test_picture_types import ITEM, NO_NAMES, OWN

NAME = f"{ITEM}/{OWN}.png"
OTHER = f"{ITEM}/{OWN[:-1]}3.jpg"


@pytest.fixture
def folder(tmp_path: Path) -> PictureFolder:
    return PictureFolder(tmp_path / "shop.db.pictures")


def files(folder: PictureFolder) -> list[str]:
    return sorted(str(path.relative_to(folder.path)) for path in folder.path.rglob("*") if path.is_file())


def test_a_picture_is_read_as_it_was_written_and_its_pieces_too(folder: PictureFolder) -> None:
    folder.write(NAME, PNG)
    assert folder.read(NAME) == PNG
    assert folder.beginning(NAME) == PNG[:16]
    assert folder.size(NAME) == len(PNG)
    assert b"".join(folder.piece(NAME, start, 50) or b"" for start in range(0, len(PNG), 50)) == PNG
    assert list(folder.names()) == [NAME]


def test_only_its_owner_may_read_it(folder: PictureFolder) -> None:
    folder.write(NAME, PNG)
    assert stat.S_IMODE((folder.path / NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == stat.S_IMODE((folder.path / ITEM).stat().st_mode) == 0o700
    folder.path.chmod(0o755)
    assert folder.tighten() == [folder.path]
    assert folder.tighten() == []
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_a_picture_never_changes(folder: PictureFolder) -> None:
    folder.write(NAME, PNG)
    folder.write(NAME, JPEG)
    assert folder.read(NAME) == PNG
    assert files(folder) == [NAME]


def test_what_is_not_there_is_none_and_may_be_removed(folder: PictureFolder) -> None:
    for _ in range(2):
        assert folder.read(NAME) is folder.beginning(NAME) is None
        assert folder.size(NAME) is None
        assert list(folder.names()) == folder.of_item(ITEM) == []
        folder.remove(NAME)
        folder.remove_of_item(ITEM, NAME)
        folder.write(OTHER, JPEG)
        folder.remove(OTHER)
    assert list(folder.path.iterdir()) == [], "an item's folder goes with its last picture"


def test_the_pictures_of_an_item_go_together(folder: PictureFolder) -> None:
    elsewhere = f"{OWN}/{OWN}.png"
    for name in (NAME, OTHER, elsewhere):
        folder.write(name, PNG)
    assert folder.of_item(ITEM) == [NAME, OTHER]
    folder.remove_of_item(ITEM, None)
    assert files(folder) == [elsewhere]


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name_is_never_a_path(name: str, folder: PictureFolder, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    for call in (folder.read, folder.beginning, folder.size, folder.remove, lambda name: folder.write(name, PNG)):
        with pytest.raises(StoreError):
            call(name)
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_a_full_disk_is_an_outage_and_leaves_nothing(folder: PictureFolder, tmp_path: Path) -> None:
    """The limit stands for a disk that gets full."""
    script = (
        "import resource, sys; from pathlib import Path\n"
        "from shopkeeper.storage import StoreUnavailable\n"
        "from shopkeeper.storage.pictures.folder import PictureFolder\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: PictureFolder(Path(sys.argv[1])).write(sys.argv[2], b'x' * 5000)\n"
        "except StoreUnavailable as error: print(error)\n"
    )
    command = [sys.executable, "-c", script, str(folder.path), NAME]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "cannot be written: File too large" in done.stdout
    assert list(folder.path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable):
        PictureFolder(tmp_path / "file" / "pictures").write(NAME, PNG)


def test_what_a_kill_left_is_never_shown_and_goes_at_the_next_start(folder: PictureFolder) -> None:
    folder.write(NAME, PNG)
    half = folder.path / ITEM / f".k1ll-{OWN}.png"
    half.write_bytes(PNG[:50])
    assert list(folder.names()) == [NAME]
    folder.tidy()
    assert files(folder) == [NAME]


def test_pictures_are_taken_over_as_links_and_what_is_there_stays(folder: PictureFolder, tmp_path: Path) -> None:
    folder.write(NAME, PNG)
    folder.write(OTHER, JPEG)
    copy = PictureFolder(tmp_path / "copy")
    copy.write(OTHER, JPEG)
    assert copy.link_from(folder) == 2
    assert (copy.path / NAME).stat().st_ino == (folder.path / NAME).stat().st_ino
    folder.remove(NAME)
    assert copy.read(NAME) == PNG
    assert copy.link_from(PictureFolder(tmp_path / "none")) == 0


def test_where_there_are_no_links_pictures_are_copied(
    folder: PictureFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(NAME, PNG)
    copy = PictureFolder(tmp_path / "copy")
    link = os.link

    def elsewhere(source: Path, target: Path) -> None:
        if str(source).startswith(str(folder.path)):
            raise OSError(18, "Invalid cross-device link")
        link(source, target)

    monkeypatch.setattr(os, "link", elsewhere)
    assert copy.link_from(folder) == 1
    assert copy.read(NAME) == PNG
    assert (copy.path / NAME).stat().st_ino != (folder.path / NAME).stat().st_ino
