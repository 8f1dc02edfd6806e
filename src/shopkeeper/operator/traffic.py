"""`shopkeeper import traffic` and `shopkeeper traffic report`."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from shopkeeper.domains.traffic.importing.collecting import MOST_NAMED, Faults
from shopkeeper.domains.traffic.importing.files import Source
from shopkeeper.domains.traffic.importing.formats import reader
from shopkeeper.domains.traffic.importing.writing import Report, Writer
from shopkeeper.domains.traffic.periods import Period, period_of
from shopkeeper.domains.traffic.readers import ReadableSite
from shopkeeper.domains.traffic.report import TrafficReport, percent, report_of
from shopkeeper.errors import ConfigurationError
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.traffic import build_reading
from shopkeeper.operator.progress import shown

MOST_NAMES = 10
MOST_REFUSED = 5
"""The refused periods that are named, for each reason."""


def run_import(
    resources: Resources,
    file: Path,
    kind: str,
    name: str,
    website: str | None,
    out: Console,
    warn: Callable[[str], None],
    *,
    progress: bool,
) -> None:
    """Import a file for a site, and print what became of it. Raises ConfigurationError or StoreError.

    With `progress` it also shows how far it is where standard error is no terminal.
    """
    traffic = build_reading(resources)
    site = _named(resources, name)
    faults = Faults()
    with shown(force=progress) as show:
        source = Source(file, partial(show, "bytes read"))
        collection = reader(kind, website)(source, site.zone, faults)
        writer = Writer(resources.store, site.key, kind, traffic.reading.today(site))
        report = writer.write(collection, partial(show, "days"))
    _tell_import(report, faults, out, warn)


def print_report(
    resources: Resources, name: str | None, out: Console, *, first: str | None, last: str | None, is_week: bool
) -> None:
    """Print the traffic of a site. Raises ConfigurationError, InvalidInput or StoreError."""
    if is_week and (first or last):
        raise ConfigurationError("--week goes without --from and --to.")
    traffic = build_reading(resources)
    site = _named(resources, name)
    today = traffic.reading.today(site)
    if is_week:
        monday = today - timedelta(days=today.weekday())
        period = Period(monday - timedelta(days=7), monday - timedelta(days=1), "day")
    else:
        period = period_of(first, last, "day", today)
    _print(report_of(traffic.reading, site, period, MOST_NAMES), out)


def _named(resources: Resources, name: str | None) -> ReadableSite:
    readers = build_reading(resources).readers
    site = readers.first if name is None else readers.find(name)
    if site is None and name is None:
        raise ConfigurationError("SITES names no host; --site must name a business.")
    if site is None:
        raise ConfigurationError(f"{name} is neither a host of SITES nor a business.")
    return site


def _tell_import(report: Report, faults: Faults, out: Console, warn: Callable[[str], None]) -> None:
    out.print(f"days: {report.days_written} written, {report.days_unchanged} as they were")
    if report.days_only_in_months:
        out.print(f"days: {report.days_only_in_months} are older than days are kept, and count in their months")
    out.print(f"months: {report.months_written} written")
    for why, periods in report.refused.items():
        more = f" and {len(periods) - MOST_REFUSED} more" if len(periods) > MOST_REFUSED else ""
        warn(f"Refused, since it {why}: {', '.join(periods[:MOST_REFUSED])}{more}.")
    for fault in faults.named:
        warn(fault)
    if faults.count > MOST_NAMED:
        warn(f"… and {faults.count - MOST_NAMED} more.")
    if faults.count:
        warn(f"Lines that could not be read: {faults.count}.")


def _print(report: TrafficReport, out: Console) -> None:
    first, last = report.period.first.isoformat(), report.period.last.isoformat()
    out.print(f"{report.site.name}, {first} to {last} ({report.site.time_zone})", markup=False)
    totals = Table("", "count", "before", "change", box=None, pad_edge=False)
    now, before, change = report.totals, report.before, report.change
    for name, count, former, by in (
        ("views", now.views, before.views, change.views),
        ("uniques", now.uniques, before.uniques, change.uniques),
        ("uniques, sum of days", now.daily_uniques, before.daily_uniques, None),
        ("views of bots", now.bots, before.bots, change.bots),
    ):
        if count is not None:
            totals.add_row(name, str(count), "" if former is None else str(former), percent(by))
    out.print(totals)
    for section in report.sections:
        table = Table(section.dimension, "count", box=None, pad_edge=False)
        for one in section.names:
            table.add_row(Text(one.name), str(one.count))
        if section.other:
            table.add_row("(other)", str(section.other))
        out.print()
        out.print(table)
