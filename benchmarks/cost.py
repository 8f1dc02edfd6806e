"""What a million visits cost on AWS, from measured durations and dated public prices."""

import json
import math
from pathlib import Path

PRICES = json.loads((Path(__file__).parent / "prices.json").read_text())
MEMORY_MB = 256
MB_OF_A_PROCESSOR = 1769
"""A function has a share of a processor that grows with its memory (AWS Lambda Developer Guide, "Memory")."""

COLD_SHARE = 0.01
"""The share of calls that meet a function which has to start; its start is billed like its work."""

WRITES_PER_VISIT = 1


def per_million(cold_ms: float, warm_ms: float, processor_ms: float, log_bytes: float) -> dict[str, float]:
    """Return the dollars for a million visits: the function, its log, and both with gateway and table.

    Lambda bills whole milliseconds, at 256 MB on arm64, whose part of a processor stretches the processor time of
    a warm call; a start, for which Lambda lends a whole one, stays as it was measured. One call in a hundred is cold.
    The log is what a call writes itself; the lines that Lambda adds are the same for all.
    """
    stretched = max(0.0, warm_ms - processor_ms) + processor_ms * MB_OF_A_PROCESSOR / MEMORY_MB
    billed = (1 - COLD_SHARE) * math.ceil(stretched) + COLD_SHARE * math.ceil(cold_ms)
    seconds = billed / 1000 * 1_000_000
    function = seconds * MEMORY_MB / 1024 * PRICES["lambda_per_gb_second"] + PRICES["lambda_per_million_requests"]
    log = log_bytes * 1_000_000 / 2**30 * PRICES["cloudwatch_logs_per_gb"]
    rest = PRICES["api_gateway_per_million_requests"] + WRITES_PER_VISIT * PRICES["dynamodb_per_million_writes"]
    return {"function": round(function, 3), "log": round(log, 3), "all": round(function + log + rest, 3)}
