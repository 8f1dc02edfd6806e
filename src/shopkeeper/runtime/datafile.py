"""The data file of one machine: its lock, and the key and the stage that it belongs to."""

import os
from collections.abc import Callable
from pathlib import Path

from shopkeeper.errors import ConfigurationError
from shopkeeper.http import ServiceUnavailable
from shopkeeper.identity.keyfile import key_path, make_key, read_key
from shopkeeper.identity.keys import fingerprint
from shopkeeper.identity.secrets import key_file, secret_source
from shopkeeper.runtime.resources import open_store
from shopkeeper.settings import Settings, sqlite_path
from shopkeeper.storage.pictures.folder import PictureFolder, folder_of
from shopkeeper.storage.sqlite.about import About, read_about, write_about
from shopkeeper.storage.sqlite.connection import check_whole, existing_file, prepare_file, real_path, tighten_file
from shopkeeper.storage.sqlite.lock import DataLock, lock_data
from shopkeeper.storage.sqlite.migration import migrate
from shopkeeper.storage.tables import TABLES

ADOPT = "or run `shopkeeper adopt` to bind the data to what is set"


def data_path(settings: Settings) -> Path | None:
    """Return the real path of the data file, None for DynamoDB. Raises ConfigurationError."""
    path = sqlite_path(settings.store_url)
    return None if path is None else real_path(Path(path))


def claim(settings: Settings, warn: Callable[[str], None]) -> DataLock | None:
    """Make the data file if it is missing, lock it, and check it and its key. Return its lock, None for DynamoDB.

    A file that was never served is bound to the key and the stage of the settings. A file of a former form is
    converted, and `warn` is told where its backup is. Raises ConfigurationError.
    """
    path = data_path(settings)
    if path is None:
        return None
    is_new = not path.exists() or not path.stat().st_size
    # A start that has no key makes no data file.
    secrets = read_secrets(settings) if is_new and key_file(settings) is None else []
    prepare_file(path)
    lock = lock_data(path)
    try:
        pictures = PictureFolder(folder_of(path))
        for file in [*tighten_file(path), *pictures.tighten()]:
            warn(f"Others had access to {file}; now only its owner has.")
        pictures.tidy()
        check_whole(path)
        about = read_about(path)
        if about is None:
            _refuse_key_beside_link(settings)
            _refuse_other_key(path, settings)
        else:
            secrets = _fitting(path, about, settings)
        backup = migrate(path, TABLES)
        if backup:
            warn(f"The data file {path} was converted to a new form. A backup of its former form is {backup}.")
        open_store(settings).close()
        if about is None and make_missing_key(settings) and not is_new:
            warn(f"A new key was made for {path}: everybody signs in anew.")
        secrets = secrets or read_secrets(settings)
        bound = About(fingerprint(secrets[0]), settings.stage)
        if bound != about:  # it is new, or the secret was rotated
            write_about(path, bound)
    except BaseException:
        lock.close()
        raise
    return lock


def check_belongs(settings: Settings) -> None:
    """Raise ConfigurationError unless the data file is there and belongs to the settings' key and stage.

    Tables on DynamoDB are not checked.
    """
    path = data_path(settings)
    if path is None:
        return
    about = read_about(existing_file(path))
    if about is None:
        raise ConfigurationError(f"The data file {path} belongs to no key yet: start the server on it once.")
    _fitting(path, about, settings)


def adopt(settings: Settings) -> tuple[About | None, About]:
    """Bind a data file to the key and the stage of the settings, making a key file if that is what they mean.

    Returns what it belonged to and what it belongs to. Raises ConfigurationError, also while a server has it.
    """
    path = data_path(settings)
    if path is None:
        raise ConfigurationError("Only a data file is bound to a key; tables on DynamoDB carry their stage's name.")
    with lock_data(existing_file(path)):
        before = read_about(path)
        make_missing_key(settings)
        after = About(fingerprint(read_secrets(settings)[0]), settings.stage)
        write_about(path, after)
    return before, after


def make_missing_key(settings: Settings) -> bool:
    """Make the key file that the settings mean, and return whether it was not there. Raises ConfigurationError."""
    path = key_file(settings)
    if path is None or os.path.lexists(path):
        return False
    make_key(path)
    return True


def read_secrets(settings: Settings) -> list[bytes]:
    """Return the secrets that the settings name, the current one first. Raises ConfigurationError."""
    try:
        return secret_source(settings)()
    except ServiceUnavailable as error:
        raise ConfigurationError(
            f"The secret of {settings.secret_variable} cannot be read: {error.__cause__}."
        ) from None


def wrong_stage(about: About, settings: Settings) -> str | None:
    """Return what is wrong with the settings' stage for data that belongs to `about`, None for nothing."""
    if about.stage == settings.stage:
        return None
    return f"belongs to stage {about.stage}, not {settings.stage}: set STAGE={about.stage}"


def wrong_key(about: About, source: str, secrets: list[bytes]) -> str | None:
    """Return what is wrong with the secrets of a source for data that belongs to `about`, None for nothing."""
    if about.key in map(fingerprint, secrets):
        return None
    return f"belongs to the key with the fingerprint {about.key}, not to {source} ({fingerprint(secrets[0])})"


def source_name(settings: Settings) -> str:
    """Return what the operator calls the place that the key comes from."""
    return settings.secret_variable or str(key_file(settings))


def _fitting(path: Path, about: About, settings: Settings) -> list[bytes]:
    """Return the secrets that the settings name, if the data belongs to them and their stage."""
    wrong = wrong_stage(about, settings)
    if wrong:
        raise ConfigurationError(f"The data file {path} {wrong}, {ADOPT}.")
    secrets = read_secrets(settings)
    wrong = wrong_key(about, source_name(settings), secrets)
    if wrong and key_file(settings):
        raise ConfigurationError(
            f"The data file {path} {wrong}: put the key of this data there, or set JWT_SECRET_KEY to it, {ADOPT}."
        )
    if wrong:
        raise ConfigurationError(f"The data file {path} {wrong}: set that to the key of this data, {ADOPT}.")
    return secrets


def _refuse_other_key(path: Path, settings: Settings) -> None:
    """Raise ConfigurationError where the key beside an unbound data file is not the one of the settings."""
    kept = key_path(path)
    if key_file(settings) is not None or not kept.exists():
        return
    secret = read_key(kept).rstrip(b"\r\n")
    if fingerprint(secret) not in map(fingerprint, read_secrets(settings)):
        raise ConfigurationError(
            f"The data file {path} was served with the key in {kept}, not with that of {source_name(settings)}: set "
            "JWT_SECRET_KEY to what that file holds, start in stage dev, or move the key file away."
        )


def _refuse_key_beside_link(settings: Settings) -> None:
    """The key of a data file that is reached by a symbolic link once stood beside the link."""
    named = Path(sqlite_path(settings.store_url) or "")
    key, former = key_file(settings), named.with_name(named.name + ".key")
    if key and named.is_symlink() and former.exists() and not key.exists():
        raise ConfigurationError(f"The key file {former} belongs beside the data file itself: move it to {key}.")
