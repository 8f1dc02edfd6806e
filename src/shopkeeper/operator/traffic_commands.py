"""The commands `shopkeeper import traffic` and `shopkeeper traffic report`."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.operator.terminal import Data, Progress, out, settings_of, warn

if TYPE_CHECKING:
    from shopkeeper.functions.resources import Resources

imports = typer.Typer(help="Take over what other programs counted.", no_args_is_help=True)
traffic = typer.Typer(help="Read the traffic of sites.", no_args_is_help=True)


class Format(Enum):
    """What an import can read."""

    SHOPKEEPER = "shopkeeper"
    GOATCOUNTER = "goatcounter"
    PLAUSIBLE = "plausible"
    UMAMI = "umami"


@imports.command("traffic")
def import_traffic(
    file: Annotated[Path, typer.Argument(help="The export: a file, a zip archive or a folder.")],
    format_: Annotated[Format, typer.Option("--format", help="What exported it.")],
    site: Annotated[str, typer.Option(help="A host of SITES, or a business_id.")],
    website: Annotated[
        str | None, typer.Option(help="The id of the website in a dump of Umami that has several.")
    ] = None,
    progress: Progress = False,
    data: Data = None,
) -> None:
    """Take over the days that another counter, or a Shopkeeper, exported; safe to repeat."""
    from shopkeeper.operator.traffic import run_import

    with _resources(data) as resources:
        run_import(resources, file, format_.value, site, website, out, warn, progress=progress)


@traffic.command("report")
def report_traffic(
    site: Annotated[
        str | None, typer.Option(help="A host of SITES, or a business_id; the first of SITES by default.")
    ] = None,
    week: Annotated[bool, typer.Option("--week", help="The last whole week, from Monday to Sunday.")] = False,
    first: Annotated[str | None, typer.Option("--from", help="The first date, like 2026-11-21.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="The last date; today by default.")] = None,
    data: Data = None,
) -> None:
    """Print how a site was visited, in the last 30 days unless told otherwise."""
    from shopkeeper.operator.traffic import print_report

    with _resources(data) as resources:
        print_report(resources, site, out, first=first, last=last, is_week=week)


@contextmanager
def _resources(data: Path | None) -> "Iterator[Resources]":
    """Open what the settings name, for the block."""
    from shopkeeper.runtime.resources import open_resources

    resources = open_resources(settings_of(data), authenticates=False)
    try:
        yield resources
    finally:
        resources.store.close()
