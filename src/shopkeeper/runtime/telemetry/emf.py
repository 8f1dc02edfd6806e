"""CloudWatch's embedded metric format (CloudWatch User Guide, "Specification: embedded metric format")."""

import time
from collections.abc import Mapping
from functools import lru_cache

import msgspec

NAMESPACE = "Shopkeeper"


def embedded_metrics(fields: Mapping[str, object], dimensions: tuple[str, ...], values: Mapping[str, float]) -> bytes:
    """Return an object of these fields that also is one of the embedded metric format, as a line.

    `dimensions` names at least one of the fields. `values` has at least one metric: counts, except `RequestLatency` in
    ms.
    """
    directive = _directive(dimensions, tuple(values))
    milliseconds = time.time_ns() // 1_000_000
    told, numbers = msgspec.json.encode(fields), msgspec.json.encode(values)
    # Each of the two objects gives its members, without the braces between them.
    return b'%b,"_aws":{"Timestamp":%d,%b},%b\n' % (told[:-1], milliseconds, directive, numbers[1:])


@lru_cache(maxsize=64)
def _directive(dimensions: tuple[str, ...], names: tuple[str, ...]) -> bytes:
    """Return the member that declares the metrics. It is cached because it is most of a line, and mostly the same."""
    metrics = [{"Name": name, "Unit": "Milliseconds" if name == "RequestLatency" else "Count"} for name in names]
    directive = {"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics}
    return msgspec.json.encode({"CloudWatchMetrics": [directive]})[1:-1]
