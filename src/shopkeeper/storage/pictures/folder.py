"""Pictures in a folder beside the data file, which only the owner of the folder may read."""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from shopkeeper.files import flush, new_file, tighten
from shopkeeper.storage.errors import StoreError, StoreUnavailable
from shopkeeper.storage.pictures.port import BEGINNING, UploadForm
from shopkeeper.storage.pictures.types import is_name

SUFFIX = ".pictures"
"""The suffix of the folder: its name is that of the data file with this at its end."""

AWAY = (errno.ENOENT, errno.ENOTDIR)


class PictureFolder:
    """A folder for each item, with its pictures. It is made with the first of them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def form(self, name: str, media_type: str, now: datetime) -> UploadForm | None:  # noqa: ARG002  # see the port
        """See `PictureStore.form`: the server takes the uploads."""
        return None

    def beginning(self, name: str) -> bytes | None:
        """See `PictureStore.beginning`."""
        return self.piece(name, 0, BEGINNING)

    def read(self, name: str) -> bytes | None:
        """See `PictureStore.read`."""
        size = self.size(name)
        return None if size is None else self.piece(name, 0, size)

    def size(self, name: str) -> int | None:
        """Return the number of bytes of a picture, None if it is not there. Raises StoreUnavailable."""
        try:
            return self._place(name).stat().st_size
        except OSError as error:
            _refuse_unless_away(error)
            return None

    def piece(self, name: str, start: int, length: int) -> bytes | None:
        """Return a part of a picture, None if it is not there. Raises StoreUnavailable.

        The file is open only during the call, so that a slow reader keeps no file open.
        """
        try:
            with self._place(name).open("rb", buffering=0) as file:
                return os.pread(file.fileno(), length, start)
        except OSError as error:
            _refuse_unless_away(error)
            return None

    def write(self, name: str, content: bytes) -> None:
        """See `PictureStore.write`. The picture is on disk when this returns, or nothing of it is there."""
        place = self._place(name)
        try:
            self._make_folders(place)
            with new_file(place) as fresh:
                fresh.write_bytes(content)
        except FileExistsError:
            return
        except OSError as error:
            with suppress(OSError):
                place.parent.rmdir()  # if it is empty
            raise StoreUnavailable(f"the picture {name} cannot be written: {error.strerror}") from error

    def remove(self, name: str) -> None:
        """See `PictureStore.remove`."""
        place = self._place(name)
        try:
            place.unlink(missing_ok=True)
        except OSError as error:
            if error.errno not in AWAY:
                raise StoreUnavailable(f"the picture {name} cannot be removed: {error.strerror}") from error
        with suppress(OSError):
            place.parent.rmdir()  # if it is empty

    def remove_of_item(self, item_id: str, shown: str | None) -> None:  # noqa: ARG002  # it is among them
        """See `PictureStore.remove_of_item`."""
        for name in self.of_item(item_id):
            self.remove(name)

    def of_item(self, item_id: str) -> list[str]:
        """Return the names of the pictures of an item, the oldest first. Raises StoreUnavailable."""
        return [name for file in _listed(self.path / item_id) if is_name(name := f"{item_id}/{file}")]

    def names(self) -> Iterator[str]:
        """See `PictureStore.names`."""
        for folder in _listed(self.path):
            yield from self.of_item(folder)

    def link_from(self, other: "PictureFolder") -> int:
        """Take over all pictures of another folder, without copying them where that is possible.

        Return how many pictures that folder has. Raises StoreUnavailable.
        """
        number = 0
        folders = set()
        for number, name in enumerate(other.names(), start=1):  # noqa: B007  # it is returned
            try:
                self._make_folders(self._place(name))
                os.link(other.path / name, self._place(name))
                folders.add(self._place(name).parent)
            except FileExistsError:
                continue
            except OSError:  # another file system, or one without links
                content = other.read(name)
                if content is not None:
                    self.write(name, content)
        with suppress(OSError):
            for folder in folders:
                flush(folder)
        return number

    def tighten(self) -> list[Path]:
        """Remove the permissions of others from the folder. Return it if there were any. Raises StoreUnavailable."""
        try:
            return [self.path] if tighten(self.path) else []
        except OSError as error:
            _refuse_unless_away(error)
            return []

    def tidy(self) -> None:
        """Remove the unfinished files of killed uploads. No process may write meanwhile. Raises StoreUnavailable."""
        try:
            for half in self.path.glob("*/.*"):
                half.unlink()
        except OSError as error:
            raise StoreUnavailable(f"{self.path} cannot be tidied: {error.strerror}") from error

    def _make_folders(self, place: Path) -> None:
        for folder in (self.path, place.parent):
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)
                with suppress(OSError):  # some file systems cannot flush a folder
                    flush(folder.parent)

    def _place(self, name: str) -> Path:
        if not is_name(name):
            raise StoreError(f"{name[:100]!r} is not the name of a picture")
        return self.path / name


def folder_of(data: Path) -> Path:
    """Return the folder of the pictures of a data file, which stands beside the file itself."""
    return data.with_name(data.name + SUFFIX)


def _listed(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError as error:
        _refuse_unless_away(error)
        return []


def _refuse_unless_away(error: OSError) -> None:
    """Raise StoreUnavailable unless the error is that something is not there."""
    if error.errno not in AWAY:
        raise StoreUnavailable(f"pictures cannot be read: {error.strerror}") from error
