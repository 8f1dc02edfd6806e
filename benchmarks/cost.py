"""What a million visits cost on AWS, from measured durations and dated public prices."""

import json
import math
from pathlib import Path

PRICES = json.loads((Path(__file__).parent / "prices.json").read_text())
MEMORY_GB = 0.25
COLD_SHARE = 0.01
"""The share of calls that meet a function which has to start; its start is billed like its work."""

WRITES_PER_VISIT = 1


def per_million(cold_ms: float, warm_ms: float) -> dict[str, float]:
    """Return the dollars for a million visits: the function alone, and with gateway and table.

    Lambda bills whole milliseconds, at 256 MB on arm64; one call in a hundred is cold.
    """
    billed = (1 - COLD_SHARE) * math.ceil(warm_ms) + COLD_SHARE * math.ceil(cold_ms)
    seconds = billed / 1000 * 1_000_000
    function = seconds * MEMORY_GB * PRICES["lambda_per_gb_second"] + PRICES["lambda_per_million_requests"]
    rest = PRICES["api_gateway_per_million_requests"] + WRITES_PER_VISIT * PRICES["dynamodb_per_million_writes"]
    return {"function": round(function, 3), "all": round(function + rest, 3)}
