"""What the system says of itself."""

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
"""Where to go from the front door; a test holds these to the declared endpoints."""


class About(msgspec.Struct, frozen=True):
    """Who runs here: version, stage (dev, staging, prod) and AWS region."""

    version: str
    environment: str
    region: str


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """The front door: it answers without a look at any table."""

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
    """One table, under its logical name; `latency_ms` is how long its probe took, if there was one."""

    table: str
    status: TableStatus
    latency_ms: Annotated[float, msgspec.Meta(ge=0)] | None = None


class DetailedHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Every table, probed; `timestamp` is the moment of the probe."""

    status: Literal["healthy", "unhealthy"]
    service: str = "shopkeeper"
    version: str
    environment: str
    region: str
    timestamp: str
    database: DatabaseHealth
    tables: list[TableHealth]
