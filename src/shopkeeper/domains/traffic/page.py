"""The page of numbers: what was counted, as HTML that needs no JavaScript. A browser that has it shows more there.

Names come from visitors, so everything is escaped. Nothing is inline: a strict policy goes with the page.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from html import escape
from urllib.parse import urlencode

import msgspec

from shopkeeper.domains.traffic.page_words import Language, word
from shopkeeper.domains.traffic.periods import By, Period
from shopkeeper.domains.traffic.readers import ReadableSite
from shopkeeper.domains.traffic.reading_model import Point, Ranking, Totals, relative
from shopkeeper.domains.traffic.report import percent

PATH = "/traffic"
CHOICES: tuple[tuple[str, By, int], ...] = (
    ("days_7", "day", 7),
    ("days_30", "day", 30),
    ("days_90", "day", 90),
    ("months_12", "month", 12),
)
"""The times that are offered: the name, the step, and how many of them."""


class Shown(msgspec.Struct, frozen=True):
    """What a page shows. `query` are the parameters that links to other times keep."""

    site: ReadableSite
    period: Period
    today: date
    totals: Totals
    before: Totals | None
    points: Sequence[Point]
    rankings: Sequence[Ranking]
    query: dict[str, str]


def page(language: Language, shown: Shown) -> bytes:
    """Return the page."""
    period = shown.period
    title = word(language, "title", site=shown.site.name)
    first, last = period.first.isoformat(), period.last.isoformat()
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(word(language, 'dates', first=first, last=last, zone=shown.site.time_zone))}</p>",
        _choices(language, shown),
        _totals(language, shown),
        _series(language, shown),
        *(_ranking(language, one) for one in shown.rankings if one.total),
    ]
    return _document(language, title, parts)


def refusal(language: Language) -> bytes:
    """Return the page for who may not read, or not any more."""
    title = word(language, "refused")
    return _document(language, title, [f"<h1>{escape(title)}</h1>", f"<p>{escape(word(language, 'refused_lead'))}</p>"])


def _document(language: Language, title: str, parts: Iterable[str]) -> bytes:
    body = "\n".join(parts)
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{escape(title)}</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/shared.css">
<script type="module" src="/assets/shared.js"></script>
</head>
<body>
<div id="app" hidden></div>
<main class="page plain" id="plain">
{body}
</main>
</body>
</html>
""".encode()


def _choices(language: Language, shown: Shown) -> str:
    links = []
    for name, by, count in CHOICES:
        first = shown.today - timedelta(days=count - 1)
        query = {**shown.query, "by": by} | ({"from": first.isoformat()} if by == "day" else {})
        is_shown = (shown.period.by, shown.period.last) == (by, shown.today) and shown.period.first == first
        current = ' aria-current="page"' if is_shown or by == shown.period.by == "month" else ""
        links.append(f'<li><a href="{escape(f"{PATH}?{urlencode(query)}")}"{current}>{word(language, name)}</a></li>')
    return f'<nav aria-label="{word(language, "period")}"><ul class="plain-choices">{"".join(links)}</ul></nav>'


def _totals(language: Language, shown: Shown) -> str:
    rows = []
    for name in ("views", "uniques", "daily_uniques", "bots"):
        count: int | None = getattr(shown.totals, name)
        former: int | None = getattr(shown.before, name, None)
        if count is not None:
            changed = percent(relative(former, count))
            rows.append((word(language, name), str(count), "" if former is None else str(former), changed))
    heads = [word(language, name) for name in ("what", "now", "before", "change")]
    return _table(word(language, "totals"), heads, rows)


def _series(language: Language, shown: Shown) -> str:
    heads = [word(language, name) for name in ("when", "views", "uniques", "bots")]
    points = list(_without_ends(shown.points))
    if not points:
        return f"<p>{word(language, 'none')}</p>"
    rows = [
        (
            point.at.replace("T", " "),
            str(point.views),
            "" if point.uniques is None else str(point.uniques),
            str(point.bots),
        )
        for point in reversed(points)
    ]
    return _table(word(language, shown.period.by), heads, rows)


def _without_ends(points: Sequence[Point]) -> Iterator[Point]:
    """Yield the points from the first to the last one that counted anything."""
    counted = [number for number, point in enumerate(points) if point.views or point.bots]
    if counted:
        yield from points[counted[0] : counted[-1] + 1]


def _ranking(language: Language, ranking: Ranking) -> str:
    rows = [(one.name, str(one.count)) for one in ranking.names]
    if ranking.other:
        rows.append((word(language, "other"), str(ranking.other)))
    heads = (word(language, "name"), word(language, "now"))
    return _table(word(language, f"{ranking.dimension}_of"), heads, rows)


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    lines = (
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(one)}</td>" for one in others)}</tr>'
        for first, *others in rows
    )
    return (
        f'<table class="numbers"><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table>"
    )
