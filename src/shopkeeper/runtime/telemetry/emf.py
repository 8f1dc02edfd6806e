"""CloudWatch's embedded metric format (CloudWatch User Guide, "Specification: embedded metric format")."""

import time
from collections.abc import Mapping
from typing import Any

NAMESPACE = "Shopkeeper"


def embedded_metrics(dimensions: Mapping[str, str], values: Mapping[str, float]) -> dict[str, Any]:
    """Return one object of the embedded metric format. `values` are counts, except `RequestLatency` in ms."""
    metrics = [{"Name": name, "Unit": "Milliseconds" if name == "RequestLatency" else "Count"} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": metrics}
    return {
        "_aws": {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [directive]},
        **dimensions,
        **values,
    }
