"""Counts hits: an internal view by one write, a visitor's entry by two, a bot's hit apart from both."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from shopkeeper.clock import Clock
from shopkeeper.domains.traffic.bots import SPAM, Bot, why_bot
from shopkeeper.domains.traffic.clients import client_of, width_class
from shopkeeper.domains.traffic.countries import country_of_zone
from shopkeeper.domains.traffic.hit_model import Hit
from shopkeeper.domains.traffic.hours import HourWriter, Name
from shopkeeper.domains.traffic.rollup import BOTS, UNIQUES, VIEWS
from shopkeeper.domains.traffic.salts import SaltKeeper
from shopkeeper.domains.traffic.sites import Sites
from shopkeeper.domains.traffic.spam import is_spam
from shopkeeper.domains.traffic.uniques import Visitors
from shopkeeper.domains.traffic.urls import Page, checked_event, page_of, source_of
from shopkeeper.http import Request
from shopkeeper.storage import Store
from shopkeeper.zones import zone_of

SPAMMER = Bot(SPAM, "Referrer spam")
MINUTES = 5


class Counted(msgspec.Struct, frozen=True):
    """What was counted, as the name of its metric, and the origin of the page that sent it."""

    metric: str
    origin: str


class Hits:
    """Counts the hits of every site."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        sites: Sites,
        *,
        trusts_country: bool = False,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """With `trusts_country`, the header that CloudFront adds says a visitor's country. `random` makes salts."""
        self._clock = clock
        self._sites = sites
        self._salts = SaltKeeper(store, random)
        self._visitors = Visitors(store)
        self._hours = HourWriter(store)
        self._trusts_country = trusts_country

    def count(self, hit: Hit, request: Request) -> Counted:
        """Count a hit. It is kept when this returns.

        The visitor is noted before the view is counted. So after a StoreError either nothing was counted, or the view
        was and only its answer is missing. If it is sent again, the view may count twice, and its visitor does not.

        Raises InvalidHit, UnknownSite or StoreError.
        """
        page, event = page_of(hit.p), checked_event(hit.e)
        site, origin = self._sites.of_hit(hit.n, request.headers)
        now = self._clock()
        local = now.astimezone(zone_of(site.zone))
        hour = local.isoformat()[:13]
        # A day without an entry is closed too, so every hit sees to it that its day is marked as open.
        salts = self._salts.of(site.key, site.zone, now, hour[:10])
        source = source_of(hit.r)
        user_agent = request.headers.get("user-agent", "")
        bot = why_bot(user_agent, request.headers, bool(hit.b)) or (SPAMMER if is_spam(source) else None)
        totals, names = {VIEWS: 1}, [("p", page.path), ("m", _minutes(local))]
        metric = "Views"
        if bot is not None:
            totals, names = {BOTS: 1}, [("r", bot.reason), ("f", bot.family)]
            metric = "BotHits"
        elif event:
            totals, names = {}, [("n", event)]
            metric = "PageEvents"
        elif source != site.host:
            names += self._of_entry(hit, request.headers, page, source, user_agent)
            if self._visitors.is_new(site.key, salts, request.client_address, user_agent):
                totals[UNIQUES] = 1
        self._hours.add(site.key, hour, totals, names, int(now.timestamp()))
        return Counted(metric, origin)

    def _of_entry(self, hit: Hit, headers: Mapping[str, str], page: Page, source: str, user_agent: str) -> list[Name]:
        """Return the names that count once for a visitor's entry: where from, to which page, and with what."""
        client = client_of(user_agent)
        names = [
            ("e", page.path),
            ("s", source),
            ("l", self._country(hit, headers)),
            ("b", client.browser),
            ("o", client.system),
        ]
        if hit.w is not None:
            names.append(("w", width_class(hit.w)))
        if page.campaign:
            names.append(("c", page.campaign))
        return names

    def _country(self, hit: Hit, headers: Mapping[str, str]) -> str:
        told = headers.get("cloudfront-viewer-country", "") if self._trusts_country else ""
        if len(told) == 2 and told.isascii() and told.isalpha():
            return told.upper()
        return country_of_zone(hit.z)


def _minutes(local: datetime) -> str:
    return f"{local.minute // MINUTES * MINUTES:02d}"
