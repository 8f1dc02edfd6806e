"""Saved queries of the functions' logs, in the language of CloudWatch Logs Insights.

They name fields of the log lines and metrics that `runtime/telemetry` writes. A test holds them to lines that were
written.
"""

import msgspec


class Query(msgspec.Struct, frozen=True):
    """A query over the logs of these `functions`, or of all if none is named."""

    name: str
    lines: tuple[str, ...]
    functions: tuple[str, ...] = ()


QUERIES = (
    Query(
        "cold-starts",
        (
            "filter ColdStart = 1",
            "stats count(*) as starts, max(durationMs) as slowest by service, bin(1h)",
        ),
    ),
    Query(
        "errors",
        (
            "fields @timestamp, requestId, service, path, name, errorType, errorMessage",
            'filter level = "ERROR"',
            "sort @timestamp desc",
            "limit 200",
        ),
    ),
    Query(
        "orders-by-status",
        (
            (
                "filter ispresent(Orders) or ispresent(OrdersAccepted) or ispresent(OrdersRejected)"
                " or ispresent(OrdersCancelled) or ispresent(OrdersExpired)"
            ),
            (
                "stats sum(Orders) as received, sum(OrdersAccepted) as accepted, sum(OrdersRejected) as rejected,"
                " sum(OrdersCancelled) as cancelled, sum(OrdersExpired) as expired by bin(1d)"
            ),
        ),
        ("orders",),
    ),
    Query(
        "revenue",
        ("filter ispresent(Revenue)", "stats sum(Revenue) as minor, count(*) as orders by currency, bin(1d)"),
        ("orders",),
    ),
    Query(
        "sign-in-failures",
        (
            'filter message = "request" and path = "/api/auth/login" and status >= 400',
            "stats count(*) as failures by status, bin(5m)",
        ),
        ("accounts",),
    ),
    Query(
        "slowest-routes",
        (
            "filter ispresent(httpMethod)",
            r"parse path /^(?<area>\/[a-z.]*(?:\/[a-z-]+)?)(?:\/[^\/]+)*?(?:\/(?<step>[a-z]+))?$/",
            (
                "stats count(*) as requests, pct(durationMs, 50) as p50, pct(durationMs, 99) as p99"
                " by httpMethod, area, step"
            ),
            "sort p99 desc",
            "limit 50",
        ),
    ),
)
