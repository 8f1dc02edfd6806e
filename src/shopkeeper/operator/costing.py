"""What a month of a stage costs on AWS, from dated prices (`prices.json`) and measured requests (`request_costs.json`).

Free allowances are not subtracted: an account shares them among all that it runs.
"""

from functools import cache
from importlib.resources import files

import msgspec
from msgspec.structs import replace

from shopkeeper.functions.alarms import alarms
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.settings import Front, LogDetail, Stage

MILLION = 1_000_000
MONTH_MINUTES = 365 * 24 * 60 / 12
MONTH_SECONDS = MONTH_MINUTES * 60
GB = 2**30

ACCESS_LINE_BYTES = 230
"""What API Gateway writes of each request into its access log, in the form that the descriptions declare."""

LAMBDA_LINES_BYTES = 340
"""What Lambda itself writes of each call: `START`, `END` and `REPORT` with the id of its trace."""

EVENT_BYTES = 26
"""What CloudWatch Logs adds to the size of each line (Amazon CloudWatch pricing, "Logs")."""

TRACED_SHARE = 0.05
"""The share of requests that X-Ray records beyond one a second (AWS X-Ray, "Configuring sampling rules")."""

ALARMS_ON_THE_API, ALARMS_ON_THE_TABLES = 2, 1
"""Each has one metric. The alarm of throttles has one for each function."""

RULES_OF_WAF = 4
PROTECTED = frozenset({"prod"})
"""The stages whose API stands behind AWS WAF."""


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What AWS charges in a region, in US dollars, and when and where that was read."""

    of: str
    region: str
    source: str
    lambda_per_gb_second: float
    lambda_per_million_requests: float
    api_gateway_per_million_requests: float
    dynamodb_per_million_writes: float
    dynamodb_per_million_reads: float
    cloudwatch_logs_per_gb: float
    cloudwatch_per_alarm_metric: float
    cloudwatch_per_dashboard: float
    cloudfront_per_million_requests: float
    cloudfront_per_gb: float
    cloudfront_per_million_functions: float
    xray_per_million_traces: float
    secrets_manager_per_secret: float
    waf_per_acl: float
    waf_per_rule: float
    waf_per_million_requests: float


class Request(msgspec.Struct, frozen=True):
    """What one request, or one run of a schedule, takes: measured by `make bench`.

    Its line in the log has `log_bytes`, and with `LOG_DETAIL=brief` `brief_log_bytes`.
    """

    function: str
    milliseconds: float
    log_bytes: float
    brief_log_bytes: float
    writes: float
    reads: float
    answer_bytes: float


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """What happens in a month: calls of the counter, page views that are counted, orders, and order pages shown.

    `cached` is the share of what order pages ask for that the distribution has already, from 0 to 1. With the `front`
    of the distribution, the calls of the counter are those that it passes on itself: they have no body.
    """

    visits: int = 0
    views: int = 0
    orders: int = 0
    pages: int = 0
    cached: float = 0
    front: Front = "gateway"


class Bill(msgspec.Struct, frozen=True):
    """US dollars by what they are paid for: serving the requests, and watching and protecting the stage."""

    requests: dict[str, float]
    beside: dict[str, float]

    @property
    def of_requests(self) -> float:
        """What serving the requests costs."""
        return sum(self.requests.values())

    @property
    def total(self) -> float:
        """All of it."""
        return self.of_requests + sum(self.beside.values())


SHARE_OF_ENTRIES = 0.4
"""The share of page views that come from elsewhere, as in the benchmark."""

OF_A_PAGE = ("business", "catalogue")
"""What an order page asks the API for, through the distribution."""


@cache
def _read(name: str) -> bytes:
    return files("shopkeeper.operator").joinpath(name).read_bytes()


PRICES = msgspec.json.decode(_read("prices.json"), type=Prices)


@cache
def measured() -> dict[str, Request]:
    """Return what each kind of request takes."""
    return msgspec.json.decode(_read("request_costs.json"), type=dict[str, Request])


def bill(
    use: Use,
    stage: Stage,
    taken: dict[str, Request] | None = None,
    prices: Prices = PRICES,
    *,
    log_detail: LogDetail = "full",
) -> Bill:
    """Return what a month costs. `taken` is what requests take, if it is not what was measured."""
    requests = measured() if taken is None else taken
    if log_detail == "brief":
        requests = {kind: replace(one, log_bytes=one.brief_log_bytes) for kind, one in requests.items()}
    counts = _counts(use)
    direct = use.visits if use.front == "distribution" else 0
    asked = sum(counts.values()) - direct
    log = sum(count * _logged(requests[kind]) for kind, count in counts.items())
    log += asked * (ACCESS_LINE_BYTES + EVENT_BYTES)
    sent = use.pages * sum(requests[kind].answer_bytes for kind in OF_A_PAGE) + direct * requests["visit"].answer_bytes
    return Bill(
        {
            "gateway": asked / MILLION * prices.api_gateway_per_million_requests,
            "function": sum(count * _function(requests[kind], prices) for kind, count in counts.items()),
            "table": sum(count * _table(requests[kind], prices) for kind, count in counts.items()),
            "log": log / GB * prices.cloudwatch_logs_per_gb,
            "distribution": (len(OF_A_PAGE) * use.pages + direct) / MILLION * prices.cloudfront_per_million_requests
            + direct / MILLION * prices.cloudfront_per_million_functions
            + sent / GB * prices.cloudfront_per_gb,
        },
        _beside(asked, direct, stage, requests["run"], prices),
    )


def _counts(use: Use) -> dict[str, float]:
    """Return how often the API gets each kind of request."""
    return {
        "visit": use.visits,
        "internal_view": use.views * (1 - SHARE_OF_ENTRIES),
        "entry_view": use.views * SHARE_OF_ENTRIES,
        "order": use.orders,
        **dict.fromkeys(OF_A_PAGE, use.pages * (1 - use.cached)),
    }


def _function(request: Request, prices: Prices) -> float:
    (memory,) = [function.memory for function in FUNCTIONS if function.name == request.function]
    seconds = request.milliseconds / 1000
    return seconds * memory / 1024 * prices.lambda_per_gb_second + prices.lambda_per_million_requests / MILLION


def _table(request: Request, prices: Prices) -> float:
    taken = request.writes * prices.dynamodb_per_million_writes + request.reads * prices.dynamodb_per_million_reads
    return taken / MILLION


def _logged(request: Request) -> float:
    """Return the bytes of a request in the log of its function: its line, and the three of Lambda."""
    return request.log_bytes + LAMBDA_LINES_BYTES + 4 * EVENT_BYTES


def _traces(requests: float) -> float:
    """Return how many requests of a month X-Ray records at most: they come evenly, so each second has its first."""
    return min(requests, MONTH_SECONDS) + max(0.0, requests - MONTH_SECONDS) * TRACED_SHARE


def _beside(asked: float, direct: float, stage: Stage, run: Request, prices: Prices) -> dict[str, float]:
    """Return what is not paid for serving requests: those that the gateway was asked, and those of the URL."""
    alarm_metrics = len([*alarms(FUNCTIONS)]) + ALARMS_ON_THE_API + ALARMS_ON_THE_TABLES + len(FUNCTIONS)
    runs = sum(MONTH_MINUTES / schedule.minutes for function in FUNCTIONS for schedule in function.schedules)
    of_a_run = _function(run, prices) + _table(run, prices) + _logged(run) / GB * prices.cloudwatch_logs_per_gb
    rule = prices.waf_per_acl + RULES_OF_WAF * prices.waf_per_rule
    return {
        "traces": _traces(asked + direct + runs) / MILLION * prices.xray_per_million_traces,
        "schedules": runs * of_a_run,
        "alarms": alarm_metrics * prices.cloudwatch_per_alarm_metric,
        "dashboard": prices.cloudwatch_per_dashboard,
        "secret": prices.secrets_manager_per_secret,
        "waf": rule + asked / MILLION * prices.waf_per_million_requests if stage in PROTECTED else 0.0,
    }
