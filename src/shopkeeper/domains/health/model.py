"""The types of the health reports."""

from typing import Annotated, Literal

import msgspec

TableStatus = Literal["connected", "missing", "denied", "unreachable", "not_probed"]

LINKS = {
    "self": "/",
    "health": "/health/detailed",
    "counter": "/counter",
    "counter_health": "/health",
    "auth_health": "/auth/health",
    "register_business": "/auth/register-business",
}
"""The links of `GET /`. A test compares them with the declared endpoints."""


class About(msgspec.Struct, frozen=True):
    """Version, stage (dev, staging, prod) and AWS region."""

    version: str
    environment: str
    region: str


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """The start page. It reads no table."""

    message: str = "Shopkeeper is running."
    status: Literal["healthy"] = "healthy"
    version: str
    environment: str
    timestamp: str
    links: dict[str, str]


class DatabaseHealth(msgspec.Struct, frozen=True):
    """The database as a whole."""

    type: str
    status: Literal["connected", "error"]


class TableHealth(msgspec.Struct, frozen=True):
    """One table, by its logical name. `latency_ms` is the duration of its probe, absent if it was not probed."""

    table: str
    status: TableStatus
    latency_ms: Annotated[float, msgspec.Meta(ge=0)] | None = None


class DetailedHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The health of every table. `timestamp` is the time of the probe."""

    status: Literal["healthy", "unhealthy"]
    service: str = "shopkeeper"
    version: str
    environment: str
    region: str
    timestamp: str
    database: DatabaseHealth
    tables: list[TableHealth]
