"""Hits of a site on one machine: how many a second are kept, and whether any is lost when the server is killed."""

import asyncio
import json
import random
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import load, usage
from benchmarks.servers import UNLIMITED, ours
from shopkeeper.clock import utc_now
from shopkeeper.domains.traffic.records import hours_between
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES
from tests.support.processes import Shopkeeper
from tests.support.tools import ROOT
from tests.support.traffic import SITE

SETTINGS = {**UNLIMITED, "SITES": SITE, "TRUSTED_PROXIES": "127.0.0.1"}
"""A proxy in front tells the addresses of visitors."""

CONNECTIONS = 64
PREPARED = 20_000
SEED = 20261128
PAGES, PEOPLE = 300, 2_000
ENTRIES, CRAWLED = 0.4, 0.05
"""The shares of views that come from outside of the site, and of hits that bots send."""
EXPONENT = 0.8
"""How steeply pages differ in how often they are read: the one of rank n by 1 / n ** 1.8."""

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {WEBKIT} Version/26.1 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/26.1 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
)
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
SOURCES = ("", "", "https://www.google.com/", "https://duckduckgo.com/", "https://news.example/today?story=7")
ZONES = ("Europe/Berlin", "Europe/Paris", "America/New_York", "Asia/Tokyo")
WIDTHS = (390, 412, 820, 1440, 1920)

KILLED_CONNECTIONS = 32
ANSWERED_AFTER_SECONDS = (0.1, 0.8)
"""How long a server counts before it is killed: a random time between these."""


def requests(count: int = PREPARED, seed: int = SEED) -> Iterator[bytes]:
    """Yield the requests of people, and of some bots, who read the pages of a site."""
    dice = random.Random(seed)  # noqa: S311  # the same requests each time
    for _ in range(count):
        person = random.Random(dice.randrange(PEOPLE))  # noqa: S311
        is_entry, is_bot = dice.random() < ENTRIES, dice.random() < CRAWLED
        body = {
            "p": f"/page/{min(int(dice.paretovariate(EXPONENT)), PAGES)}",
            "r": dice.choice(SOURCES) if is_entry else f"https://{SITE}/",
            "w": person.choice(WIDTHS),
            "z": person.choice(ZONES),
        }
        address = f"10.{person.randrange(256)}.{person.randrange(256)}.{person.randrange(256)}"
        agent = CRAWLER if is_bot else person.choice(BROWSERS)
        yield _request(json.dumps(body, separators=(",", ":")).encode(), address, agent)


def _request(body: bytes, address: str, agent: str) -> bytes:
    head = (
        "POST /hit HTTP/1.1",
        "Host: api.example.com",
        f"Content-Length: {len(body)}",
        "Content-Type: text/plain;charset=UTF-8",
        f"User-Agent: {agent}",
        f"Origin: https://{SITE}",
        f"Referer: https://{SITE}/",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Mode: no-cors",
        "Sec-Fetch-Dest: empty",
        f"X-Forwarded-For: {address}",
    )
    return "\r\n".join((*head, "", "")).encode() + body


def throughput(rounds: int, seconds: int) -> dict[str, Any]:
    """Return the hits a second that were kept, and how many that were answered were not. Nothing without wrk."""
    wrk = shutil.which("wrk")
    if wrk is None:
        print("The throughput of hits is left out: wrk is not installed.")
        return {}
    figures = load.Figures()
    with tempfile.TemporaryDirectory(dir=ROOT / "dist") as temporary:
        folder = Path(temporary)
        data, prepared, report = folder / "shop.db", folder / "requests", folder / "flushes"
        prepared.write_bytes(b"".join(request + b"\0" for request in requests()))
        with ours(data, SETTINGS) as server:
            for _ in range(rounds):
                before = usage.processor_seconds(server.session)
                run = load.send_all(wrk, server.url, prepared, CONNECTIONS, seconds)
                figures.add(run, usage.processor_seconds(server.session) - before)
                usage.await_idle(server.session)
            answered = sum(run.requests for run in figures.runs)
            flushes = None
            if usage.can_count_flushes():
                with usage.counted_flushes(server.session, report):
                    alone = load.send_all(wrk, server.url, prepared, 1, 1)
                answered += alone.requests
                counted = usage.flushes(report)
                flushes = None if counted is None else round(counted / alone.requests, 3)
        return {**figures.medians(), "flushes": flushes, "missing": max(0, answered - kept(data))}


def kept(data: Path) -> int:
    """Return the hits of today and yesterday that a data file has. No server has it open."""
    now = utc_now()
    with closing(SQLiteStore(data, TABLES)) as store:
        first, last = f"{now - timedelta(days=1):%Y-%m-%dT00}", f"{now:%Y-%m-%dT23}"
        return sum(rollup.views + rollup.bots for _, rollup in hours_between(store, SITE, first, last))


def lost(rounds: int) -> dict[str, int]:
    """Kill a server again and again while it counts. Return the hits that it answered, and how many of them are lost.

    At most one hit of each connection is kept without an answer, for each time that it was killed.
    """
    dice = random.Random(SEED)  # noqa: S311
    prepared = list(requests(1_000))
    answered = unanswered = missing = 0
    with tempfile.TemporaryDirectory(dir=ROOT / "dist") as folder:
        data = Path(folder) / "shop.db"
        for _ in range(rounds):
            before = kept(data)
            server = Shopkeeper(data, **SETTINGS)
            try:
                told = asyncio.run(_hit_until_killed(server, prepared, dice.uniform(*ANSWERED_AFTER_SECONDS)))
            finally:
                server.stop(signal.SIGKILL)
            new = kept(data) - before
            answered += told
            missing += max(0, told - new)
            unanswered = max(unanswered, new - told)
    return {"rounds": rounds, "answered": answered, "lost": missing, "most_unanswered": unanswered}


async def _hit_until_killed(server: Shopkeeper, prepared: list[bytes], seconds: float) -> int:
    """Send hits on some connections, kill the server after some seconds, and return how many were answered by 204."""
    answered = 0

    async def client(number: int) -> None:
        nonlocal answered
        with suppress(OSError, EOFError):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            for turn in range(number, 10**9, KILLED_CONNECTIONS):
                writer.write(prepared[turn % len(prepared)])
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 204"), head
                answered += 1

    clients = asyncio.gather(*(client(number) for number in range(KILLED_CONNECTIONS)))
    await asyncio.sleep(seconds)
    server.stop(signal.SIGKILL)
    await clients
    return answered
