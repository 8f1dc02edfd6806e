"""The cost of a million visits on AWS, from measured durations and dated public prices."""

import math

from shopkeeper.operator.costing import PRICES

MEMORY_MB = 256
MB_OF_A_PROCESSOR = 1769
"""The memory at which a function gets one full processor (AWS Lambda Developer Guide, "Memory")."""

COLD_SHARE = 0.01
"""The share of calls that need a cold start. Lambda bills the start like the call."""


def billed(cold_ms: float, warm_ms: float, processor_ms: float, memory_mb: float = MEMORY_MB) -> float:
    """Return the milliseconds that Lambda bills for a call on average.

    It bills whole milliseconds. The processor time of a warm call is divided by the share of a processor that the
    memory includes. A cold start gets a full processor, so its measured time is used.
    """
    stretched = max(0.0, warm_ms - processor_ms) + processor_ms * MB_OF_A_PROCESSOR / memory_mb
    return (1 - COLD_SHARE) * math.ceil(stretched) + COLD_SHARE * math.ceil(cold_ms)


def per_million(
    cold_ms: float, warm_ms: float, processor_ms: float, log_bytes: float, *, writes: float = 1, reads: float = 0
) -> dict[str, float]:
    """Return the dollars for a million visits: the function, its log, and both with gateway and table.

    `writes` and `reads` are the units that the table takes for a visit.

    The function has 256 MB on arm64, and one call in a hundred is cold. The log contains what a call itself writes;
    the lines that Lambda adds are the same for all.
    """
    seconds = billed(cold_ms, warm_ms, processor_ms) / 1000 * 1_000_000
    function = seconds * MEMORY_MB / 1024 * PRICES.lambda_per_gb_second + PRICES.lambda_per_million_requests
    log = log_bytes * 1_000_000 / 2**30 * PRICES.cloudwatch_logs_per_gb
    table = writes * PRICES.dynamodb_per_million_writes + reads * PRICES.dynamodb_per_million_reads
    whole = function + log + table + PRICES.api_gateway_per_million_requests
    return {"function": round(function, 3), "log": round(log, 3), "all": round(whole, 3)}
