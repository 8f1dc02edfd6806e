"""`shopkeeper check`: reads the settings, the key and the data, and says what would run and what is wrong.

It changes nothing. Each problem is a sentence that says what to do about it.
"""

import os
import shutil
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from shopkeeper import __version__
from shopkeeper.domains.mail.model import NotDelivered
from shopkeeper.errors import ConfigurationError
from shopkeeper.files import OTHERS
from shopkeeper.functions.transports import greet_server
from shopkeeper.identity.keys import fingerprint
from shopkeeper.identity.secrets import key_file
from shopkeeper.operator.env_file import OF_OTHERS
from shopkeeper.operator.near_misses import DECLARED, NAMES
from shopkeeper.runtime.datafile import check_belongs, data_path, read_secrets, source_name
from shopkeeper.runtime.machine.tracing import require_extra
from shopkeeper.setting import has_user
from shopkeeper.settings import SETTINGS, Settings, read
from shopkeeper.storage import StoreError
from shopkeeper.storage.sqlite.about import read_about
from shopkeeper.storage.sqlite.connection import check_whole, existing_file, refuse_orphaned_log
from shopkeeper.storage.sqlite.lock import lock_data
from shopkeeper.storage.sqlite.migration import is_former
from shopkeeper.storage.sqlite.schema import VERSION
from shopkeeper.storage.tables import TABLES
from shopkeeper.trace_settings import read_traces

LEAST_FREE = 100_000_000
"""Bytes. With less free space writes would soon fail."""

CONVERSION = 3
"""A conversion needs free space of so many times the size of the file."""

HIDDEN = "(hidden)"
WHO_REGISTERS = {
    "open": "anybody can make an account",
    "invite": "who has a link of `shopkeeper invite` can make an account, and others are told so",
    "closed": "nobody can make an account but with a link of `shopkeeper invite`",
}
SECRETS = {setting.variable for setting in DECLARED if setting.is_secret}


class Report(msgspec.Struct):
    """What would run, in lines, and what keeps it from running or would soon."""

    lines: list[str] = []
    problems: list[str] = []

    def attempt(self, part: Callable[[], str]) -> bool:
        """Add the line that a part of the check returns, or the problem that it raises. Return whether it went well."""
        try:
            self.lines.append(part())
        except (ConfigurationError, StoreError) as error:
            self.problems.append(str(error))
            return False
        return True


def check(environment: Mapping[str, str], env_file: Path | None, from_file: Mapping[str, str], *, smtp: bool) -> Report:
    """Return what these variables would run. `from_file` are those that came from the file of settings.

    With `smtp` a session with the mail server is begun, and no mail is sent.
    """
    report = Report([f"Shopkeeper {__version__}", *_given(environment, env_file, from_file)])
    if env_file is not None and SECRETS & from_file.keys() and stat.S_IMODE(env_file.stat().st_mode) & OTHERS:
        report.problems.append(f"Others can read the secrets in {env_file}: run `chmod 600 {env_file}`.")
    settings = _settings(environment, report)
    if settings is not None:
        report.lines.append(f"stage: {settings.stage}")
        report.attempt(lambda: f"key: {_key(settings)}")
        path = data_path(settings)
        if report.attempt(lambda: f"data: {_data(path, settings, report)}") and path is not None and path.exists():
            report.attempt(lambda: _whole(path))
            report.attempt(lambda: _binding(path, settings))
        report.lines.append(f"registration: {_registration(settings)}")
        report.attempt(lambda: f"mails: {_mails(settings, smtp=smtp)}")
    report.attempt(lambda: f"traces: {_traces(environment)}")
    return report


def _given(environment: Mapping[str, str], env_file: Path | None, from_file: Mapping[str, str]) -> list[str]:
    """Return a line for each variable that is set, with where it comes from."""
    names = [name for name in NAMES if environment.get(name, "").strip()]
    names += sorted(name for name in from_file if name.startswith(OF_OTHERS) and name not in names)
    lines = []
    for name in names:
        hides = name in SECRETS or name not in NAMES or has_user(environment[name])
        value = HIDDEN if hides else environment[name]
        lines.append(f"  {name}={value}" + (f" (from {env_file})" if name in from_file else ""))
    return lines


def _settings(environment: Mapping[str, str], report: Report) -> Settings | None:
    """Return the settings, None after adding what is wrong with each."""
    try:
        return read(environment, TABLES)
    except ConfigurationError as first:
        sentences = [str(first)]
    is_dev = environment.get("STAGE", environment.get("ENVIRONMENT", "")).strip() in ("", "dev")
    for setting in SETTINGS:
        try:
            setting.read(environment, is_dev=is_dev)
        except ConfigurationError as error:
            sentences.append(str(error))
    report.problems += dict.fromkeys(sentences)
    return None


def _key(settings: Settings) -> str:
    path = key_file(settings)
    if path is not None and not os.path.lexists(path):
        return f"{path} will be made"
    secrets = read_secrets(settings)
    return f"{source_name(settings)}, with the fingerprint {fingerprint(secrets[0])}"


def _data(path: Path | None, settings: Settings, report: Report) -> str:
    return _tables(settings) if path is None else _file(path, report)


def _tables(settings: Settings) -> str:
    from shopkeeper.runtime.resources import open_store

    store = open_store(settings)
    try:
        for table in TABLES:
            try:
                store.ping(table)
            except StoreError as error:
                name = settings.table_name(table)
                raise ConfigurationError(
                    f"The table {name} in {settings.region} cannot be read ({error}): `shopkeeper tables` makes the "
                    "tables that are missing; else look at the credentials and the region."
                ) from None
    finally:
        store.close()
    return f"{len(TABLES)} tables on DynamoDB in {settings.region}"


def _file(path: Path, report: Report) -> str:
    if not path.exists() or not path.stat().st_size:
        return _new_file(path, report)
    existing_file(path)
    converts = is_former(path)
    size = sum(file.stat().st_size for file in (path, path.with_name(path.name + "-wal")) if file.exists())
    free = _free(path, CONVERSION * size if converts else LEAST_FREE, report)
    form = f"of a former version, which the next start converts to {VERSION}" if converts else f"of version {VERSION}"
    return f"{path}, {form}, {_bytes(size)}, {_server(path)}; {_bytes(free)} are free"


def _new_file(path: Path, report: Report) -> str:
    folder = path.parent
    if not folder.is_dir():
        raise ConfigurationError(f"There is no folder {folder} for the data file: run `mkdir -p {folder}`.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigurationError(f"The folder {folder} cannot be written by this user: change its owner with `chown`.")
    refuse_orphaned_log(path)
    return f"{path} will be made; {_bytes(_free(path, LEAST_FREE, report))} are free"


def _free(path: Path, needed: int, report: Report) -> int:
    """Return the free bytes of the disk, after adding the problem of too few."""
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        report.problems.append(
            f"The disk of {path} has {_bytes(free)} free, and {_bytes(needed)} are needed: make room, or move the data."
        )
    return free


def _whole(path: Path) -> str:
    check_whole(path)
    return "  every page of the file was read, and none is damaged"


def _binding(path: Path, settings: Settings) -> str:
    if read_about(path) is None:
        return "  the next start binds it to this key and this stage"
    check_belongs(settings)
    return "  it belongs to this key and this stage"


def _server(path: Path) -> str:
    """Return whether a server has a data file."""
    try:
        lock_data(path).close()
    except ConfigurationError:
        return "a server is running on it"
    return "no server is running on it"


def _registration(settings: Settings) -> str:
    if settings.cognito_user_pool_id:
        allowed = "nobody can register a business" if settings.registration == "closed" else "its users can register"
        return f"{settings.registration}, the pool {settings.cognito_user_pool_id} has the accounts, and {allowed}"
    return f"{settings.registration}, {WHO_REGISTERS[settings.registration]}"


def _mails(settings: Settings, *, smtp: bool) -> str:
    server = settings.smtp_server
    if not settings.mail_from:
        return "none are sent, for MAIL_FROM is not set"
    if server is None:
        return f"from {settings.mail_from} by Amazon SES in {settings.region}"
    by = f"from {settings.mail_from} by {server.host}:{server.port}"
    if not smtp:
        return f"{by}, which was not tried (--smtp tries it)"
    try:
        greet_server(server, settings.mail_from)
    except NotDelivered as error:
        raise ConfigurationError(
            f"The mail server {server.host}:{server.port} of SMTP_URL cannot be used ({error}): look at its name, its "
            "port, its certificate, the user and the password, and at the firewall."
        ) from None
    return f"{by}, which answers" + (" and takes the password" if server.user else "")


def _traces(environment: Mapping[str, str]) -> str:
    traces = read_traces(environment)
    require_extra(traces)
    return f"sent to {traces.where}" if traces.where else f"none are sent, for {traces.variable} is not set"


def _bytes(number: int) -> str:
    """Return a number of bytes as people read it, in powers of ten."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number} bytes"
