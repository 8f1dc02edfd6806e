"""The command line: `shopkeeper check | serve | tables | copy | backup | restore | adopt | admin | reset | invite |
openapi | cost`, and `shopkeeper import traffic | traffic report`.

`data_commands` has those on the data of customers.

Each command imports what it needs: those that work on a data file load no server.
"""

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from shopkeeper import __version__
from shopkeeper.errors import ConfigurationError
from shopkeeper.http import ApiError, NotFound
from shopkeeper.operator import cost_command, data_commands
from shopkeeper.operator.env_file import DEFAULT, FromFile, load_env_file
from shopkeeper.operator.terminal import Data, Progress, environment_of, out, settings_of, warn, warn_of_near_misses
from shopkeeper.operator.traffic_commands import imports, traffic
from shopkeeper.settings import DYNAMODB, SQLITE, Settings, read, sqlite_path
from shopkeeper.storage import StoreError
from shopkeeper.storage.tables import TABLES

if TYPE_CHECKING:
    from shopkeeper.domains.accounts.service import Accounts
    from shopkeeper.operator.backup import Report

T = TypeVar("T")

JOURNAL = "shopkeeper-copy.json"
FAILED = 2
FOUND_PROBLEMS = 1

app = typer.Typer(
    help="The serverless backend of a small business's site.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.add_typer(imports, name="import")
app.add_typer(traffic, name="traffic")
app.add_typer(data_commands.app)
app.add_typer(cost_command.app)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.", min=0, max=65535)] = 8000,
    data: Data = None,
) -> None:
    """Serve everything from this machine, with one SQLite file."""
    from shopkeeper.runtime.machine import server
    from shopkeeper.runtime.machine.scraping import metrics_at

    settings = settings_of(data)
    path = sqlite_path(settings.store_url)
    where = _where(settings) + (" (new)" if path is not None and not Path(path).exists() else "")

    def announce(url: str, setup_code: str) -> None:
        lines = [
            f"Shopkeeper {__version__} listens on {url} (stage {settings.stage}).",
            *first_run(url, setup_code),
            *metrics_at(settings),
            f"The data is in {where}. Try:",
            *(f"  {line}" for line in examples(url, settings)),
        ]
        out.print("\n".join(lines), markup=False)

    server.serve(settings, host, port, announce, warn)


@app.command()
def check(
    context: typer.Context,
    data: Data = None,
    smtp: Annotated[bool, typer.Option("--smtp", help="Also begin a session with the mail server.")] = False,
) -> None:
    """Read the settings, the key and the data, and print what would run; with problems the exit status is 1."""
    from shopkeeper.operator import checking

    from_file: FromFile = context.obj
    report = checking.check(environment_of(data), from_file.path, from_file.variables, smtp=smtp)
    for line in report.lines:
        out.print(line, markup=False)
    for problem in report.problems:
        warn(f"problem: {problem}")
    if report.problems:
        raise typer.Exit(FOUND_PROBLEMS)
    out.print("No problem was found.")


@app.command()
def tables(
    backfill: Annotated[
        bool, typer.Option("--backfill", help="Also bring old records into today's form; see docs/migration.md.")
    ] = False,
    data: Data = None,
) -> None:
    """Create the declared tables where STORE_URL says; safe to repeat."""
    settings = settings_of(data)
    if settings.store_url == DYNAMODB:
        from shopkeeper.storage.dynamodb import DynamoDBClient
        from shopkeeper.storage.dynamodb.schema import create_tables

        names = {table: settings.table_name(table) for table in TABLES}
        client = DynamoDBClient(settings.region, settings.aws)
        create_tables(client, names, lambda name, done: out.print(f"{name}: {done}"))
    else:
        from shopkeeper.runtime.resources import open_store

        path = settings.store_url.removeprefix(SQLITE)
        is_new = not Path(path).exists()
        open_store(settings).close()
        if is_new:
            out.print(f"made {path}", markup=False)
        for table in TABLES:
            out.print(f"{table.name}: is as declared")
    if backfill:
        _backfill(settings)


def _backfill(settings: Settings) -> None:
    from shopkeeper.operator.backfill import backfill
    from shopkeeper.runtime.resources import open_pictures, open_store

    store = open_store(settings)
    try:
        report = backfill(store, open_pictures(settings))
    finally:
        store.close()
    out.print(f"businesses: {report.businesses}, {report.adopted} adopted, {report.recounted} recounted")
    out.print(f"items: {report.items}, {report.folded} indexed for search, {report.orphans} of no business removed")
    out.print(f"orders: {report.awaiting} listed until they are accepted or expire")
    out.print(f"orders: {report.finished} listed until their customers' data is removed")
    if report.pictures:
        out.print(f"pictures: {report.pictures} of no item removed")
    if report.problems:
        raise ConfigurationError("\n".join(report.problems))


@app.command()
def copy(
    source: Annotated[str, typer.Option("--from", help="Where from: sqlite:///PATH or dynamodb:")],
    target: Annotated[str, typer.Option("--to", help="Where to: sqlite:///PATH or dynamodb:; must be empty.")],
    progress: Progress = False,
) -> None:
    """Copy all data from one store to another; if it was stopped, it continues where it was.

    Nothing may write to the source meanwhile: a SQLite file is locked, for DynamoDB you must make sure of that.
    """
    from shopkeeper.operator.copying import Copy, copy_pictures, open_side
    from shopkeeper.operator.progress import shown
    from shopkeeper.runtime.resources import open_pictures

    for option, url in (("--from", source), ("--to", target)):
        if url != DYNAMODB and not sqlite_path(url):
            raise ConfigurationError(f"{option} must be sqlite:///PATH or dynamodb:, not {url[:100]!r}.")
    if source == target:
        raise ConfigurationError("--from and --to name the same store.")
    warn_of_near_misses(os.environ)
    sides = [read({**os.environ, "STORE_URL": url}, TABLES) for url in (source, target)]
    with open_side(sides[0], must_exist=True) as former, open_side(sides[1]) as latter:
        copying = Copy(former, latter, TABLES, Path(JOURNAL), (_side(sides[0]), _side(sides[1])))
        if copying.is_resumed:
            out.print(f"Going on where {JOURNAL} says.")
        if source == DYNAMODB:
            out.print("Nothing may write to the source before this ends: stop or disable what does.")
        before, after = (open_pictures(side) for side in sides)
        with shown(force=progress) as show:
            pictures = copy_pictures(former, before, after, partial(show, "pictures"))
            counts = copying.run(lambda table, copied, total: show(table.name, copied, total))
    for name, items in counts.items():
        out.print(f"{name}: {items} on both sides")
    out.print(f"pictures: {pictures.copied} on both sides")
    for name in pictures.missing:
        warn(f"The picture {name} is missing: its item shows no picture until a new one is uploaded.")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to; nothing is overwritten.")],
    data: Data = None,
    with_key: Annotated[bool, typer.Option("--with-key", help="Put the key beside it, as FILE.key.")] = False,
) -> None:
    """Write a checked copy of the whole data file, with its pictures; the server may be running."""
    from shopkeeper.operator.backup import back_up

    report = back_up(settings_of(data), file, with_key=with_key)
    _tell(report, f"{report.path} is a whole copy, checked.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    data: Data = None,
    check: Annotated[bool, typer.Option("--check", help="Read the backup and change nothing.")] = False,
) -> None:
    """Copy a backup to where the data file belongs, with its key and its pictures; nothing is overwritten."""
    from shopkeeper.operator import backup as work

    settings = settings_of(data)
    if check:
        _tell(work.check(settings, file), f"{file} is whole.")
    else:
        report = work.restore(settings, file)
        _tell(report, f"{report.path} is restored.")


@app.command()
def adopt(data: Data = None) -> None:
    """Bind the data file to the key and the stage that the settings name, after either was changed on purpose."""
    from shopkeeper.runtime import datafile

    settings = settings_of(data)
    before, after = datafile.adopt(settings)
    bound = f"to stage {after.stage} and the key of {datafile.source_name(settings)}"
    if before == after:
        out.print(f"The data file belongs {bound} already.", markup=False)
        return
    out.print(f"The data file belongs {bound} now.", markup=False)
    if before and before.key != after.key:
        out.print("Everybody signs in anew: sessions, reset links and order tokens of the former key have ended.")
    elif before:
        out.print(f"Access tokens of stage {before.stage} have ended.")


@app.command()
def admin(user_id: Annotated[str, typer.Argument(help="The account's user_id.")], data: Data = None) -> None:
    """Give an account the role of an admin."""
    try:
        user = _accounts(data, lambda accounts: accounts.set_role(user_id, "admin"))
    except NotFound:
        raise ConfigurationError("There is no user with this user_id; GET /api/users/me shows one's own.") from None
    out.print(f"{user.email} is an admin now.", markup=False)


@app.command()
def reset(
    email: Annotated[str, typer.Argument(help="The account's email address.")],
    page: Annotated[str, typer.Option(help="The page of your site that takes the token.")] = "/reset-password",
    data: Data = None,
) -> None:
    """Print a link with which the owner of an account sets a new password, once, within an hour."""
    token = _accounts(data, lambda accounts: accounts.reset_token(email))
    out.print(f"{page}#token={token}", markup=False)


@app.command()
def invite(
    email: Annotated[str, typer.Argument(help="The email address that may make an account.")],
    mail: Annotated[bool, typer.Option("--mail", help="Also send the link to the address.")] = False,
    page: Annotated[str, typer.Option(help="The page that takes the token.")] = "/invite",
    data: Data = None,
) -> None:
    """Print a link with which the owner of an email address makes an account, once, within seven days."""
    from shopkeeper.operator import inviting

    settings = settings_of(data)
    inviting.check_possible(settings, email, by_mail=mail)
    link, is_mailed = _with_accounts(
        settings, lambda accounts: inviting.invite(accounts, settings, email, page, by_mail=mail)
    )
    out.print(link, markup=False)
    if link.startswith("/"):
        warn("Put the address of your site before it; SITE_URL does that.")
    if mail and not is_mailed:
        raise ConfigurationError(f"It was not mailed, for {email} has got too many mails. Send the link yourself.")


def _accounts(data: Path | None, work: "Callable[[Accounts], T]") -> T:
    """Return what `work` returns of the accounts, in the settings' store and with the key that belongs to it."""
    return _with_accounts(settings_of(data), work)


def _with_accounts(settings: Settings, work: "Callable[[Accounts], T]") -> T:
    from shopkeeper.functions.accounts import build
    from shopkeeper.runtime.datafile import check_belongs
    from shopkeeper.runtime.resources import open_resources

    check_belongs(settings)
    resources = open_resources(settings, authenticates=True)
    try:
        return work(build(resources))
    finally:
        resources.store.close()


@app.command()
def openapi() -> None:
    """Print the OpenAPI 3.1 document."""
    from shopkeeper.functions.openapi import openapi_json

    print(openapi_json(), end="")


@app.callback(invoke_without_command=True)
def begin(
    context: typer.Context,
    show: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    env_file: Annotated[
        Path | None, typer.Option(help=f"A file of settings; ./{DEFAULT} by default. The environment goes first.")
    ] = None,
) -> None:
    """Print the version if asked, and read the file of settings."""
    if show:
        out.print(__version__)
        raise typer.Exit
    context.obj = load_env_file(env_file, warn)


def first_run(url: str, code: str) -> list[str]:
    """Return how to set up a shop, nothing if there is no code because that is done."""
    if not code:
        return []
    return [f"Open {url}/ to set up your shop. From another machine that needs the code {code}."]


def examples(url: str, settings: Settings) -> list[str]:
    """Return three commands to try against a server at `url`; these settings let anybody run them."""
    business = (
        '{"business_name": "Test Business", "email": "test@example.com", "phone": "+1234567890", '
        '"address": "123 Test St", "cognito_user_id": "test-user-123"}'
    )
    register = f"curl {url}/auth/register-business -H 'Content-Type: application/json' -d '{business}'"
    return [
        f"curl {url}/counter",
        f"curl {url}/health/detailed",
        register if settings.registers_strangers else f"curl {url}/",
    ]


def main() -> None:
    """Run the command line; a mistake of the operator is one sentence and exit status 2."""
    # SIGTERM undoes what is half done; a server has a handler of its own.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        app()
    except (ConfigurationError, StoreError, ApiError) as error:
        warn(str(error))
        raise SystemExit(FAILED) from None


def _tell(report: "Report", done: str) -> None:
    """Print how many items of each table a backup holds, and what an operator should know."""
    for name, items in report.contents.items.items():
        out.print(f"{name}: {items}")
    for sentence in (done, *report.notes):
        out.print(sentence, markup=False)


def _side(settings: Settings) -> str:
    """Return what a side of a copy is called: of DynamoDB there is one for each stage and region."""
    if settings.store_url != DYNAMODB:
        return settings.store_url
    return f"{settings.store_url} (stage {settings.stage}, {settings.region})"


def _where(settings: Settings) -> str:
    if settings.store_url == DYNAMODB:
        return f"DynamoDB ({settings.region})"
    return str(Path(settings.store_url.removeprefix(SQLITE)).resolve())
