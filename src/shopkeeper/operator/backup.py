"""Making, checking and restoring backups of a data file."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from shopkeeper.errors import ConfigurationError
from shopkeeper.files import new_file
from shopkeeper.identity.keyfile import key_path, read_key, write_key
from shopkeeper.identity.keys import fingerprint
from shopkeeper.runtime.datafile import data_path, read_secrets, source_name, wrong_key, wrong_stage
from shopkeeper.settings import Settings
from shopkeeper.storage.pictures.folder import SUFFIX, PictureFolder, folder_of
from shopkeeper.storage.sqlite.about import About
from shopkeeper.storage.sqlite.backup import Contents, inspect, write_copy
from shopkeeper.storage.sqlite.connection import existing_file
from shopkeeper.storage.sqlite.lock import lock_data
from shopkeeper.storage.tables import TABLES

LOGS = ("-wal", "-shm", "-journal")
"""The suffixes of the files that SQLite keeps beside a data file."""


class Report(msgspec.Struct, frozen=True):
    """What a backup holds, where it was put, and what an operator should know."""

    contents: Contents
    path: Path
    notes: list[str]


def back_up(settings: Settings, target: Path, *, with_key: bool) -> Report:
    """Write a backup of the data file to `target`; a server may run meanwhile.

    `with_key` puts the key beside it, where that is in a file. Pictures are put beside it in any case, as links where
    the file system allows that: none of them ever changes. Raises ConfigurationError or StoreError, after which
    nothing is left; what stood at `target` before stays.
    """
    source = existing_file(_data_file(settings, "backup"))
    if target.absolute() in {beside(source, suffix) for suffix in (*LOGS, ".key", ".lock", SUFFIX)}:
        raise ConfigurationError(f"{target} is a name that belongs to the data file {source}; take another.")
    pictures = PictureFolder(folder_of(source))
    with _placed(target) as (fresh, copied):
        copied.link_from(pictures)  # also those that are removed before the data is read
        write_copy(source, fresh, TABLES)
        number = copied.link_from(pictures)
        contents = inspect(fresh, TABLES)
        key = _kept_key(key_path(source), contents.about)
        if with_key and key:
            write_key(beside(target, ".key"), key)
    if key is None:
        note = "Its key is in no file: keep the secret that the settings name, or everybody signs in anew."
    elif with_key:
        note = f"Its key is in {target}.key: keep both where only you can read them."
    else:
        note = f"The backup does not hold its key: also keep {key_path(source)} (--with-key copies it)."
    return Report(contents, target, [*_of_pictures(number, copied), note])


def check(settings: Settings, backup: Path) -> Report:
    """Read a whole backup, and return what an operator should know before it is restored.

    Raises ConfigurationError if it is none.
    """
    log = beside(backup, "-wal")
    if log.exists() and log.stat().st_size:
        raise ConfigurationError(
            f"{backup} is not a backup but a data file, and {log.name} is part of it: "
            f"make a backup of it with `shopkeeper backup FILE --data {backup}`."
        )
    contents = inspect(backup, TABLES)
    notes = []
    if contents.may_lack_a_log:
        notes.append("It is a plain copy of a data file: if a server ran when it was made, the newest data is missing.")
    kept = PictureFolder(beside(backup, SUFFIX))
    notes += _of_pictures(sum(1 for _ in kept.names()), kept)
    return Report(contents, backup, [*notes, *_fit(settings, backup, contents.about)])


def restore(settings: Settings, backup: Path) -> Report:
    """Copy a backup to the data file's path, and the key and the pictures beside it to where they belong.

    Raises ConfigurationError, after which nothing is changed, also if there is a data file already.
    """
    data = _data_file(settings, "restore")
    _refuse_remains(data)
    report = check(settings, backup)
    key = _brought_key(backup, data, report.contents.about)
    with _placed(data) as (fresh, pictures):
        pictures.link_from(PictureFolder(beside(backup, SUFFIX)))
        shutil.copyfile(backup, fresh)
        if inspect(fresh, TABLES) != report.contents:
            raise ConfigurationError(f"{backup} was changed while it was copied; nothing was restored.")
        if key:
            write_key(key_path(data), key)
    moved = [(f"in {beside(backup, SUFFIX)}.", f"in {beside(data, SUFFIX)} now.")]
    if key:
        moved.append((f"Its key is in {beside(backup, '.key')}.", f"Its key is in {key_path(data)} now."))
    notes = report.notes
    for before, after in moved:
        notes = [note.replace(before, after) for note in notes]
    return Report(report.contents, data, notes)


def beside(path: Path, suffix: str) -> Path:
    """Return the absolute path of a file beside another: the same name with a suffix."""
    return path.absolute().with_name(path.name + suffix)


def _data_file(settings: Settings, command: str) -> Path:
    path = data_path(settings)
    if path is None:
        raise ConfigurationError(
            f"`shopkeeper {command}` is for data files; for tables on DynamoDB there is point-in-time recovery."
        )
    return path


def _of_pictures(number: int, folder: PictureFolder) -> list[str]:
    """Return a note on pictures, none if there are none."""
    return [f"{number} {'picture is' if number == 1 else 'pictures are'} in {folder.path}."] if number else []


@contextmanager
def _placed(target: Path) -> Iterator[tuple[Path, PictureFolder]]:
    """Yield a new file that is placed at `target` afterwards, and the folder of its pictures.

    If that fails, a new key and new pictures beside it are removed.
    """
    key, pictures = beside(target, ".key"), beside(target, SUFFIX)
    had_key, had_pictures = key.exists(), pictures.exists()
    try:
        if had_pictures:
            raise ConfigurationError(f"There already is a folder {pictures}; move it away.")
        with new_file(target) as fresh:
            yield fresh, PictureFolder(pictures)
    except BaseException as error:
        if not had_key and key.exists():
            key.unlink()
        if not had_pictures:
            shutil.rmtree(pictures, ignore_errors=True)
        if isinstance(error, FileExistsError):
            raise ConfigurationError(f"{target} exists already and is not overwritten.") from None
        if isinstance(error, OSError):
            raise ConfigurationError(f"The file {target} cannot be written: {error.strerror}.") from None
        raise


def _kept_key(path: Path, about: About | None) -> bytes | None:
    """Return the content of a key file, None if there is none or its key is not the data's."""
    if not path.exists():
        return None
    key = read_key(path)
    return key if about is None or about.key == fingerprint(key.rstrip(b"\r\n")) else None


def _brought_key(backup: Path, data: Path, about: About | None) -> bytes | None:
    """Return the key to be put beside the data, None if none is needed."""
    brought, present = beside(backup, ".key"), key_path(data)
    if not brought.exists():
        return None
    key = _kept_key(brought, about)
    if key is None:
        raise ConfigurationError(f"The key {brought} does not belong to {backup}; move it away.")
    if not present.exists():
        return key
    if read_key(present) != key:
        raise ConfigurationError(f"There is another key {present} already; move it away.")
    return None


def _fit(settings: Settings, backup: Path, about: About | None) -> list[str]:
    """Return notes about the key and the stage that a backup belongs to."""
    if about is None:
        return ["It was never served: the first start binds it to a key and a stage."]
    wrong = wrong_stage(about, settings)
    notes = [f"It {wrong}."] if wrong else []
    brought = beside(backup, ".key")
    try:
        if brought.exists():
            source, secrets = str(brought), [read_key(brought).rstrip(b"\r\n")]
        elif wrong:
            return notes  # another stage has another key
        else:
            source, secrets = source_name(settings), read_secrets(settings)
    except ConfigurationError as error:
        return [*notes, f"Its key is not at hand. {error}"]
    stranger = wrong_key(about, source, secrets)
    return [*notes, f"It {stranger}." if stranger else f"Its key is in {source}."]


def _refuse_remains(data: Path) -> None:
    """Raise ConfigurationError if there is a data file, or a log of a former one, which SQLite would read."""
    if data.exists():
        lock_data(data).close()
        raise ConfigurationError(f"There is a data file {data} already; move it away together with its key and log.")
    for log in (beside(data, suffix) for suffix in LOGS):
        if log.exists():
            raise ConfigurationError(f"{log} is part of a former data file; move it beside that file.")
