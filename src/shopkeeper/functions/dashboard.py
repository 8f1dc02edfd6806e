"""What the dashboard of a stage shows of the functions' own metrics, as data."""

from collections.abc import Iterator

import msgspec

from shopkeeper.functions.declaration import Function


class Shown(msgspec.Struct, frozen=True):
    """A metric of a service. With `by` it is shown once for each value of that dimension."""

    service: str
    metric: str
    by: str = ""


class Widget(msgspec.Struct, frozen=True):
    """A graph: its title, which statistic of its metrics it shows, and for periods of how many seconds."""

    title: str
    statistic: str
    seconds: int
    metrics: tuple[Shown, ...]


def widgets(functions: tuple[Function, ...]) -> Iterator[Widget]:
    """Yield the graphs in the order in which they are shown."""
    services = dict.fromkeys(function.service for function in functions)
    yield Widget("Cold starts", "Sum", 60, tuple(Shown(service, "ColdStart") for service in services))
    yield from BUSINESS


BUSINESS = (
    Widget(
        "Visits, views and bots",
        "Sum",
        300,
        tuple(Shown("visitor-counter", name) for name in ("Visits", "Views", "PageEvents", "BotHits")),
    ),
    Widget(
        "Orders",
        "Sum",
        300,
        tuple(
            Shown("orders", name)
            for name in ("Orders", "OrdersAccepted", "OrdersRejected", "OrdersCancelled", "OrdersExpired")
        ),
    ),
    Widget("Seconds to accept", "p90", 3600, (Shown("orders", "SecondsToAccept"),)),
    Widget("Revenue in minor units", "Sum", 3600, (Shown("orders", "Revenue", by="currency"),)),
    Widget("Registrations and accounts", "Sum", 3600, (Shown("auth", "Registrations"), Shown("accounts", "Accounts"))),
    Widget("Webhooks behind", "Maximum", 300, (Shown("webhooks", "WebhooksBehind"),)),
)
