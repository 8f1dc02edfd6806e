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

    `with_key` puts the key beside it, where that is in a file. Raises ConfigurationError, after which nothing
    is left; what stood at `target` before stays.
    """
    source = existing_file(_data_file(settings, "backup"))
    if target.absolute() in {beside(source, suffix) for suffix in (*LOGS, ".key", ".lock")}:
        raise ConfigurationError(f"{target} is a name that belongs to the data file {source}; take another.")
    with _placed(target) as fresh:
        write_copy(source, fresh)
        contents = inspect(fresh, TABLES)
        key = _kept_key(key_path(source), contents.about)
        if with_key and key:
            write_key(beside(target, ".key"), key)
    if key is None:
        note = "Its key is in no file: keep the value of JWT_SECRET_KEY or JWT_SECRET_ARN, or everybody signs in anew."
    elif with_key:
        note = f"Its key is in {target}.key: keep both where only you can read them."
    else:
        note = f"The backup does not hold its key: also keep {key_path(source)} (--with-key copies it)."
    return Report(contents, target, [note])


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
    return Report(contents, backup, [*notes, *_fit(settings, backup, contents.about)])


def restore(settings: Settings, backup: Path) -> Report:
    """Copy a backup to the data file's path, and the key beside it to the key file's.

    Raises ConfigurationError, after which nothing is changed, also if there is a data file already.
    """
    data = _data_file(settings, "restore")
    _refuse_remains(data)
    report = check(settings, backup)
    key = _brought_key(backup, data, report.contents.about)
    with _placed(data) as fresh:
        shutil.copyfile(backup, fresh)
        if inspect(fresh, TABLES) != report.contents:
            raise ConfigurationError(f"{backup} was changed while it was copied; nothing was restored.")
        if key:
            write_key(key_path(data), key)
    brought = str(beside(backup, ".key"))
    notes = [note.replace(f"Its key is in {brought}.", f"Its key is in {key_path(data)} now.") for note in report.notes]
    return Report(report.contents, data, notes if key else report.notes)


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


@contextmanager
def _placed(target: Path) -> Iterator[Path]:
    """Yield a new file that is placed at `target` afterwards; if that fails, a new key beside it is removed."""
    key = beside(target, ".key")
    had_key = key.exists()
    try:
        with new_file(target) as fresh:
            yield fresh
    except BaseException as error:
        if not had_key and key.exists():
            key.unlink()
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
