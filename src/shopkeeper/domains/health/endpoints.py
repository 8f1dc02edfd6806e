"""The front door, and the health of everything behind it."""

import msgspec

from shopkeeper.clock import rfc3339, utc_now
from shopkeeper.domains.health.model import LINKS, About, DetailedHealth, Welcome
from shopkeeper.domains.health.service import HealthProbe
from shopkeeper.http import Call, Nothing, Reply, endpoint


class HealthServices(msgspec.Struct, frozen=True):
    """What the endpoints of this domain need."""

    about: About
    probe: HealthProbe


@endpoint("GET /")
def welcome(services: HealthServices, call: Call[Nothing, Nothing]) -> Reply[Welcome]:
    """Return what runs here and where to go.

    The links lead to the most important resources. No table is read.
    """
    base = call.request.base_path
    body = Welcome(
        version=services.about.version,
        environment=services.about.environment,
        timestamp=rfc3339(utc_now()),
        links={name: base + path for name, path in LINKS.items()},
    )
    return Reply(body)


@endpoint("GET /health/detailed", responses={503: DetailedHealth})
def check_everything(services: HealthServices, _: Call[Nothing, Nothing]) -> Reply[DetailedHealth]:
    """Return the health of every table.

    The tables are probed at most once in five seconds; in between the last report is returned. The status is 503 if
    a table cannot be read.
    """
    report = services.probe.report()
    body = DetailedHealth(
        status="unhealthy" if report.error else "healthy",
        version=services.about.version,
        environment=services.about.environment,
        region=services.about.region,
        timestamp=report.timestamp,
        database=report.database,
        tables=report.tables,
    )
    return Reply(body, status=503 if report.error else None, error=report.error)


ENDPOINTS = (welcome, check_everything)
