"""The same two endpoints on FastAPI and SQLite, every write durable: what a careful developer would write."""

import hashlib
import os
import sqlite3
import threading
import uuid
from datetime import datetime, timezone

from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel, Field

app = FastAPI(title="Shop")
local = threading.local()


def database() -> sqlite3.Connection:
    """Return this thread's connection, on which a COMMIT survives a power cut."""
    if not hasattr(local, "connection"):
        connection = sqlite3.connect(os.environ["DATA"], timeout=30, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        local.connection = connection
    return local.connection


with sqlite3.connect(os.environ["DATA"]) as setup:
    setup.executescript(
        """
        PRAGMA journal_mode=WAL;
        CREATE TABLE IF NOT EXISTS counters (id TEXT PRIMARY KEY, visits INTEGER NOT NULL, updated TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS items (id TEXT PRIMARY KEY, business TEXT NOT NULL, price INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS orders (
            id TEXT PRIMARY KEY, business TEXT NOT NULL, body TEXT NOT NULL, total INTEGER NOT NULL, created TEXT NOT NULL
        );
        CREATE INDEX IF NOT EXISTS orders_by_business ON orders (business, id);
        CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, order_id TEXT NOT NULL, fingerprint TEXT NOT NULL);
        INSERT OR IGNORE INTO items VALUES ('tea', 'shop', 250);
        """
    )


class Visit(BaseModel):
    """The answer to a visit."""

    count: int
    timestamp: str
    status: str = "success"


class Customer(BaseModel):
    """Who orders."""

    name: str = Field(min_length=1, max_length=200)
    phone: str = Field(pattern=r"^\+[1-9][0-9]{1,14}$")


class Line(BaseModel):
    """How many of which item."""

    item_id: str
    quantity: int = Field(ge=1, le=10_000)


class NewOrder(BaseModel):
    """The body of an order."""

    customer: Customer
    lines: list[Line] = Field(min_length=1, max_length=100)


class Order(BaseModel):
    """The answer to an order."""

    order_id: str
    total_minor: int
    created_at: str


@app.get("/counter")
def count_visit() -> Visit:
    """Count a visit."""
    now = datetime.now(timezone.utc).isoformat()
    row = database().execute(
        "INSERT INTO counters VALUES ('main_counter', 1, ?) "
        "ON CONFLICT (id) DO UPDATE SET visits = visits + 1, updated = excluded.updated RETURNING visits",
        (now,),
    )
    (count,) = row.fetchone()
    return Visit(count=count, timestamp=now)


@app.post("/api/businesses/{business}/orders", status_code=201)
def place_order(business: str, new: NewOrder, idempotency_key: str = Header()) -> Order:
    """Place an order, once for each key."""
    connection = database()
    body = new.model_dump_json()
    fingerprint = hashlib.sha256(body.encode()).hexdigest()
    now = datetime.now(timezone.utc).isoformat()
    connection.execute("BEGIN IMMEDIATE")
    try:
        known = connection.execute(
            "SELECT order_id, fingerprint FROM keys WHERE key = ?", (idempotency_key,)
        ).fetchone()
        if known:
            raise HTTPException(422 if known[1] != fingerprint else 200)
        total = 0
        for line in new.lines:
            item = connection.execute(
                "SELECT price FROM items WHERE id = ? AND business = ?", (line.item_id, business)
            ).fetchone()
            if item is None:
                raise HTTPException(422, "An item cannot be ordered here.")
            total += item[0] * line.quantity
        order_id = str(uuid.uuid4())
        connection.execute("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", (order_id, business, body, total, now))
        connection.execute("INSERT INTO keys VALUES (?, ?, ?)", (idempotency_key, order_id, fingerprint))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return Order(order_id=order_id, total_minor=total, created_at=now)
