"""CloudWatch's embedded metric format (CloudWatch User Guide, "Specification: embedded metric format")."""

import time
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from shopkeeper.metrics import has_currency, split_currency

NAMESPACE = "Shopkeeper"

UNITS = {"RequestLatency": "Milliseconds", "SecondsToAccept": "Seconds", "Revenue": "None"}
"""The units of metrics that are not counts. Revenue is in minor units of its currency."""


def embedded_metrics(fields: Mapping[str, object], dimensions: tuple[str, ...], values: Mapping[str, float]) -> bytes:
    """Return an object of these fields that also is one of the embedded metric format, as a line.

    `dimensions` names at least one of the fields. `values` has at least one metric, in the units of `UNITS`. A metric
    in a currency has that dimension, too; all such metrics of an object are in the same currency.
    """
    directive = _directive(dimensions, tuple(values))
    milliseconds = time.time_ns() // 1_000_000
    if any(map(has_currency, values)):
        fields, values = _with_currency(fields, values)
    told, numbers = msgspec.json.encode(fields), msgspec.json.encode(values)
    # Each of the two objects gives its members, without the braces between them.
    return b'%b,"_aws":{"Timestamp":%d,%b},%b\n' % (told[:-1], milliseconds, directive, numbers[1:])


def _with_currency(
    fields: Mapping[str, object], values: Mapping[str, float]
) -> tuple[Mapping[str, object], Mapping[str, float]]:
    """Return the fields with the currency of the values, and the values by names without it."""
    split = {name: split_currency(name) for name in values}
    (currency,) = {currency for _, currency in split.values() if currency}
    return {**fields, "currency": currency}, {split[name][0]: value for name, value in values.items()}


@lru_cache(maxsize=64)
def _directive(dimensions: tuple[str, ...], names: tuple[str, ...]) -> bytes:
    """Return the member that declares the metrics. It is cached because it is most of a line, and mostly the same."""
    plain = [name for name in names if not has_currency(name)]
    priced = [split_currency(name)[0] for name in names if has_currency(name)]
    directives = [_metrics(dimensions, plain)] if plain else []
    if priced:
        directives.append(_metrics((*dimensions, "currency"), priced))
    return msgspec.json.encode({"CloudWatchMetrics": directives})[1:-1]


def _metrics(dimensions: tuple[str, ...], names: list[str]) -> dict[str, object]:
    metrics = [{"Name": name, "Unit": UNITS.get(name, "Count")} for name in names]
    return {"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics}
