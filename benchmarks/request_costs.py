"""What a request takes of what AWS bills: milliseconds of a function, units of the tables, bytes of the log."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from benchmarks import cost, hits_on_lambda
from benchmarks.lambda_calls import CONTESTANTS as ALL
from benchmarks.lambda_calls import Contestant, Event, Stage, cold_starts, get, ready, stage, warm_calls
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.http import Response
from shopkeeper.settings import read
from shopkeeper.storage.dynamodb import DynamoDBClient, DynamoDBStore
from shopkeeper.storage.dynamodb.schema import create_tables
from shopkeeper.storage.tables import TABLES
from tests.support.application import Shop
from tests.support.processes import free_port, running
from tests.support.tools import DYNOXIDE, ROOT

FILE = ROOT / "src" / "shopkeeper" / "operator" / "request_costs.json"
"""What `shopkeeper cost` reads of it."""

ORDERS_HANDLER = "shopkeeper.runtime.lambda_.handlers.orders"
WRITING = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"})


def _listing(on: Stage) -> Event:
    return {**get("/api/items"), "queryStringParameters": {"business_id": on.business_id}}


def _business(on: Stage) -> Event:
    return get(f"/api/businesses/{on.business_id}")


VISIT, ORDER, RUN = (next(one for one in ALL if one.name == name) for name in ("visits", "orders", "mail"))
CATALOGUE = Contestant("the catalogue", ORDERS_HANDLER, _listing, package="orders")
BUSINESS = Contestant("a business", ORDERS_HANDLER, _business, package="orders")
_, _, INTERNAL, ENTRY = hits_on_lambda.CONTESTANTS

KINDS = {
    "visit": VISIT,
    "internal_view": INTERNAL,
    "entry_view": ENTRY,
    "order": ORDER,
    "catalogue": CATALOGUE,
    "business": BUSINESS,
    "run": RUN,
}
"""The kinds of requests that are billed; a run is one of a schedule that finds nothing to do."""


def measure(quick: bool) -> dict[str, dict[str, Any]]:
    """Return what each kind of request takes, nothing without the packages."""
    contestants = list(KINDS.values())
    if len(ready(contestants)) < len(contestants):
        return {}
    short = [replace(one, name=_brief(one), package=one.package or one.name, is_brief=True) for one in contestants]
    with stage() as on:
        cold = cold_starts(on, contestants, rounds=2 if quick else 5)
        warm = warm_calls(on, contestants, rounds=1 if quick else 4, calls=30)
        brief = warm_calls(on, short, rounds=1, calls=30)
    taken = dict(units())
    return {
        kind: {
            "function": (one.package or one.name),
            "milliseconds": _billed(one, cold[one.name], warm[one.name]),
            "log_bytes": warm[one.name]["log_bytes"],
            "brief_log_bytes": brief[_brief(one)]["log_bytes"],
            **taken[kind],
        }
        for kind, one in KINDS.items()
    }


def _brief(one: Contestant) -> str:
    return f"{one.name}, brief"


def keep(found: Mapping[str, Any]) -> None:
    """Write the file that `shopkeeper cost` reads."""
    FILE.write_text(json.dumps(found, indent=2) + "\n")


def _billed(one: Contestant, cold: dict[str, float], warm: dict[str, float]) -> float:
    (memory,) = [function.memory for function in FUNCTIONS if function.name == (one.package or one.name)]
    return round(cost.billed(cold["p50"], warm["p50"], warm["processor_ms"], memory), 2)


class Metered(DynamoDBClient):
    """A client that adds up the units that DynamoDB says it charges (`ConsumedCapacity`)."""

    writes = reads = 0.0

    def call(self, operation: str, payload: Mapping[str, object], **options: Any) -> dict[str, Any]:
        """See `AwsClient.call`."""
        is_metered = operation in WRITING or operation in ("GetItem", "BatchGetItem", "Query", "TransactGetItems")
        asked = {**payload, "ReturnConsumedCapacity": "TOTAL"} if is_metered else payload
        answer = super().call(operation, asked, **options)
        found = answer.pop("ConsumedCapacity", [])
        taken = sum(one["CapacityUnits"] for one in (found if isinstance(found, list) else [found]))
        if operation in WRITING:
            self.writes += taken
        else:
            self.reads += taken
        return answer


@contextmanager
def metered() -> Iterator[tuple[Metered, DynamoDBStore]]:
    """Start a DynamoDB with our tables that is metered."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        with running([str(DYNOXIDE), "--port", str(port)], port, Path(folder) / "dynoxide.log"):
            credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
            settings = read({**credentials, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}, TABLES)
            client = Metered(settings.region, settings.aws, seconds=20)
            names = {table: f"{table.name}-units" for table in TABLES}
            create_tables(client, names, lambda *_: None)
            yield client, DynamoDBStore(client, names)
            client.close()


def units() -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the units that each kind takes, and the bytes of its answer.

    Those of views are of a site with a million views a month, as DynamoDB's documentation counts them.
    """
    with metered() as (client, store):
        shop = Shop(store)
        business = shop.add_business("ann")
        item = shop.add_item("ann", business)
        shop.ask("GET", "/counter")

        def taken(answer: Response | None) -> dict[str, float]:
            size = 0 if answer is None else len(answer.body if isinstance(answer.body, bytes) else b"")
            size += sum(len(name) + len(value) + 4 for name, value in answer.headers.items()) if answer else 0
            found = {"writes": client.writes, "reads": client.reads, "answer_bytes": size}
            client.writes = client.reads = 0.0
            return found

        taken(None)
        yield "visit", taken(shop.ask("GET", "/counter"))
        yield "catalogue", taken(shop.ask("GET", "/api/items", query={"business_id": business}))
        yield "business", taken(shop.ask("GET", f"/api/businesses/{business}"))
        yield "order", taken(_ordered(shop, business, item))
        client.writes = client.reads = 0.0
        schedules = [schedule for function in FUNCTIONS for schedule in function.schedules]
        for schedule in schedules:
            schedule.build(shop.resources)()
        yield "run", {name: round(value / len(schedules), 2) for name, value in taken(None).items()}
    with tempfile.TemporaryDirectory() as folder:
        view = hits_on_lambda.units_of_a_view(Path(folder))[str(hits_on_lambda.MONTHLY[0])]
    for kind in ("internal_view", "entry_view"):
        yield kind, {**view, "answer_bytes": 300}


def _ordered(shop: Shop, business: str, item: str) -> Response:
    body = {"customer": {"name": "Ann", "phone": "+14155550123"}, "lines": [{"item_id": item, "quantity": 2}]}
    key = {"idempotency-key": "a" * 16}
    return shop.ask("POST", f"/api/businesses/{business}/orders", body, headers=key)
