"""A site whose visitors come when a test says so, and the whole application that reads what was counted."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shopkeeper.domains.businesses.model import StoredBusiness
from shopkeeper.domains.businesses.offers import find_business
from shopkeeper.domains.traffic.closing import Closing
from shopkeeper.domains.traffic.hit_model import Hit
from shopkeeper.domains.traffic.hits import Hits
from shopkeeper.domains.traffic.readers import ReadableSite
from shopkeeper.domains.traffic.reading import Reading
from shopkeeper.domains.traffic.rollup import Rollup
from shopkeeper.domains.traffic.sites import Sites
from shopkeeper.http import Request, Response
from shopkeeper.storage import Item, Store
from shopkeeper.storage.tables import TRAFFIC
from tests.support.application import Shop

HOST = "example.com"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
FETCHED = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "empty"}


class Visited(Shop):
    """A shop with the site example.com, which an admin reads; Ann's business has a site, and Bob owns nothing."""

    def __init__(self, store: Store, zone: str = "UTC", **environment: str) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
        self.zone = zone
        super().__init__(store, SITES=HOST, SITES_TIME_ZONE=zone, **environment)
        self.hits = Hits(store, self.clock, Sites(store, [HOST], zone))
        self.closing = Closing(store, self.clock)
        self.reading = Reading(store, self.clock)
        self.host = ReadableSite(HOST, HOST, zone)

    def clock(self) -> datetime:
        """The time that the test has set."""
        return self.now

    def with_people(self) -> str:
        """Add the accounts and the business, and return its id."""
        self.add_account("root", "admin")
        self.add_account("ann")
        self.add_account("bob")
        business_id = self.add_business("ann")
        self.give("PATCH", f"/api/businesses/{business_id}", {"site": "https://ann.example"}, by="ann")
        return business_id

    def business(self, business_id: str) -> StoredBusiness:
        """Return a business as it is stored."""
        return find_business(self.store, business_id)

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def close(self) -> None:
        """Close what has ended."""
        self.closing.run()

    def visit(self, path: str = "/", *, visitor: int = 1, origin: str = f"https://{HOST}", **hit: Any) -> None:
        """Count a hit of a person."""
        headers = {"user-agent": AGENT, "origin": origin, **FETCHED}
        self.hits.count(Hit(p=path, **hit), self._request(headers, visitor))

    def crawl(self, path: str = "/") -> None:
        """Count a hit of a bot."""
        headers = {"user-agent": "curl/8.0", "origin": f"https://{HOST}"}
        self.hits.count(Hit(p=path), self._request(headers, 1))

    def read(self, path: str = "", reader: str = "root", **query: str) -> Any:
        """Return what an endpoint of traffic answers."""
        return self.give("GET", f"/api/traffic{path}", by=reader, query=query)

    def refused(self, path: str = "", reader: str = "root", **query: str) -> Response:
        """Return the answer to a request that must not succeed."""
        response = self.ask("GET", f"/api/traffic{path}", by=reader, query=query)
        assert response.status >= 400, response
        return response

    def documents(self) -> list[Item]:
        """Every item of the table `traffic`, in an order of its own."""
        return sorted(self.store.scan(TRAFFIC, limit=1000).items, key=lambda item: (item["site_period"], item["at"]))

    def _request(self, headers: dict[str, str], visitor: int) -> Request:
        address = f"198.51.{visitor // 250}.{visitor % 250 + 1}"
        return Request("POST", "/hit", ("hit",), "id", headers=headers, client_address=address)


def rollup(views: int, uniques: int = 0, **counts: dict[str, int]) -> Rollup:
    """Return a roll-up whose counts are given by their letters."""
    return Rollup(views, uniques, 0, counts)
