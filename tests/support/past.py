"""A past of a site, made with the domain's own functions: the same numbers each time."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from shopkeeper.domains.traffic.records import day_item
from shopkeeper.domains.traffic.rollup import Rollup, trimmed
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES, TRAFFIC

SHARES = {
    "s": {"direct": 46, "google.com": 30, "news.example": 14, "instagram.com": 10},
    "c": {"newsletter/email/autumn": 9, "flyer": 4},
    "l": {"DE": 60, "AT": 15, "CH": 10, "FR": 7, "US": 5, "??": 3},
    "b": {"Chrome": 45, "Safari": 30, "Firefox": 15, "Edge": 7, "Samsung Internet": 3},
    "o": {"Android": 35, "iOS": 28, "Windows": 22, "macOS": 10, "Linux": 5},
    "w": {"phone": 62, "tablet": 6, "desktop": 26, "wide": 6},
    "n": {"menu": 12, "order placed": 5},
}
"""Of the entries of a day, in percent."""
PAGES = ("/", "/menu", "/contact", "/about", "/menu/cakes", "/jobs", "/news/autumn")
BOTS = {"crawler": 60, "tool": 20, "driven": 8, "prefetch": 7, "fetch_metadata": 5}
FAMILIES = {"Googlebot": 30, "bingbot": 20, "GPTBot": 15, "curl": 20, "Chrome": 15}


def day_of(number: int, size: int, pages: int) -> Rollup:
    """Return the day of a number, on which about `size` views of `pages` pages were counted."""
    views = size * (7 + number * 5 % 7 + number % 3) // 10 + 1
    entries = views * 2 // 3
    bots = views // 5
    names = [*PAGES, *(f"/archive/{page}" for page in range(pages))][: len(PAGES) + pages]
    rollup = Rollup(views, entries * 5 // 6, bots)
    for letter, shares in SHARES.items():
        rollup.counts[letter] = _split(entries, shares)
    weights = {name: 200 // (rank + 1) + 1 for rank, name in enumerate(names)}
    rollup.counts |= {"p": _split(views, weights), "e": _split(entries, weights)}
    rollup.counts |= {"r": _split(bots, BOTS), "f": _split(bots, FAMILIES)}
    return rollup


def give_past(data: Path, site: str, until: date, days: int, size: int, pages: int = 0) -> None:
    """Write the documents of so many days before a day, while the server is running."""
    store = SQLiteStore(data, TABLES)
    try:
        for day, rollup in _days(until, days, size, pages):
            store.put(TRAFFIC, day_item(site, day.isoformat(), trimmed(rollup, 500, 100_000)))
    finally:
        store.close()


def _days(until: date, days: int, size: int, pages: int) -> Iterator[tuple[date, Rollup]]:
    for number in range(1, days + 1):
        yield until - timedelta(days=number), day_of(number, size, pages)


def _split(total: int, shares: dict[str, int]) -> dict[str, int]:
    """Return a total in parts by their shares. The first one has the rest."""
    whole = sum(shares.values())
    parts = {name: total * part // whole for name, part in shares.items()}
    first = next(iter(parts))
    parts[first] += total - sum(parts.values()) if whole >= 100 or first == "/" else 0
    return {name: count for name, count in parts.items() if count}
