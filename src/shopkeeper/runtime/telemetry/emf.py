"""CloudWatch's embedded metric format (CloudWatch User Guide, "Specification: embedded metric format")."""

import time
from collections.abc import Mapping
from functools import lru_cache

import msgspec

NAMESPACE = "Shopkeeper"


def embedded_metrics(dimensions: Mapping[str, str], values: Mapping[str, float]) -> bytes:
    """Return one line of the embedded metric format.

    `values` are counts, except `RequestLatency` in ms. There must be at least one dimension and one value.
    """
    directive = _directive(tuple(dimensions), tuple(values))
    milliseconds = time.time_ns() // 1_000_000
    constants, numbers = msgspec.json.encode(dimensions), msgspec.json.encode(values)
    # Each of the two objects gives its members, without the braces between them.
    return b'{"_aws":{"Timestamp":%d,%b},%b,%b\n' % (milliseconds, directive, constants[1:-1], numbers[1:])


@lru_cache(maxsize=64)
def _directive(dimensions: tuple[str, ...], names: tuple[str, ...]) -> bytes:
    """Return the member that declares the metrics. It is cached because it is most of a line, and mostly the same."""
    metrics = [{"Name": name, "Unit": "Milliseconds" if name == "RequestLatency" else "Count"} for name in names]
    directive = {"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics}
    return msgspec.json.encode({"CloudWatchMetrics": [directive]})[1:-1]
