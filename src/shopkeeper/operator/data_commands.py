"""The commands on the data of customers and orders: `shopkeeper erase | export | orders export`."""

import sys
from datetime import date
from typing import Annotated, Literal

import typer

from shopkeeper.clock import rfc3339, utc_now
from shopkeeper.errors import ConfigurationError
from shopkeeper.operator.terminal import Data, Progress, out, settings_of, warn

INCOMPLETE = 2

app = typer.Typer()
orders = typer.Typer(help="Orders as files.", no_args_is_help=True)
app.add_typer(orders, name="orders")

Contact = Annotated[str, typer.Argument(metavar="EMAIL|PHONE", help="Of the person; a phone number with its country.")]


def day(text: str) -> date:
    """Return the date that an option names. Raises BadParameter."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date like 2026-11-21.") from None


@app.command()
def erase(
    contact: Contact,
    account: Annotated[bool, typer.Option("--account", help="Also remove the account with this address.")] = False,
    is_trial: Annotated[bool, typer.Option("--dry-run", help="Change nothing, and print what would be done.")] = False,
    data: Data = None,
) -> None:
    """Remove what is kept about a customer: of all finished orders at all businesses, for requests by law.

    The orders stay, without name, contact, address and notes. Stop the server of a data file first: the file is
    written anew, so that no trace is left in it.
    """
    from shopkeeper.operator import persons

    settings, of = settings_of(data), persons.contact_of(contact)
    result = persons.erase(settings, of, utc_now, account=account, is_trial=is_trial)
    for line in result.done:
        out.print(f"{line} {'to be erased' if is_trial else 'erased'}")
    for note in result.notes:
        out.print(note, markup=False)
    if not result.is_complete:
        raise typer.Exit(INCOMPLETE)


@app.command()
def export(contact: Contact, data: Data = None) -> None:
    """Print as JSON all that is kept about a person: account, sessions, businesses, orders and waiting mails."""
    import msgspec

    from shopkeeper.operator import persons

    found = persons.export(settings_of(data), persons.contact_of(contact), utc_now)
    print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())


@orders.command("export")
def export_orders(
    business: Annotated[str, typer.Option(help="The business_id, or `all`.")],
    first: Annotated[
        date | None,
        typer.Option("--from", parser=day, metavar="DATE", help="The first day, in the time zone of the business."),
    ] = None,
    last: Annotated[date | None, typer.Option("--to", parser=day, metavar="DATE", help="The last day.")] = None,
    kind: Annotated[Literal["csv", "jsonl"], typer.Option("--format", help="CSV, or lines of JSON.")] = "csv",
    with_customers: Annotated[bool, typer.Option("--with-customers", help="Also write what identifies them.")] = False,
    progress: Progress = False,
    data: Data = None,
) -> None:
    """Print the orders of a business for its accounts; docs/operating.md lists the columns."""
    from shopkeeper.operator.accounting import export_orders as work
    from shopkeeper.operator.copying import open_to_read
    from shopkeeper.operator.progress import shown

    if first is not None and last is not None and first > last:
        raise ConfigurationError("--from is a later day than --to.")
    with open_to_read(settings_of(data)) as store, shown(force=progress) as show:
        written = work(
            store,
            business,
            (first, last),
            sys.stdout,
            rfc3339(utc_now()),
            kind=kind,
            with_customers=with_customers,
            report=lambda read: show("orders", read, None),
        )
    warn(f"{written} {'order' if written == 1 else 'orders'} exported.")
