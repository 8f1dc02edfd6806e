"""Prometheus' text format, version 0.0.4 (Prometheus documentation, "Exposition formats")."""

from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Literal

from shopkeeper.runtime.telemetry.histogram import Histogram

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = Mapping[str, str]
Kind = Literal["counter", "gauge"]


def family(name: str, kind: Kind, meaning: str, samples: Iterable[tuple[Labels, float]]) -> list[str]:
    """Return the lines of a metric. There are none if it has no samples."""
    lines = [_sample(name, labels, value) for labels, value in samples]
    return [*_head(name, kind, meaning), *lines] if lines else []


def single(name: str, kind: Kind, meaning: str, value: float) -> list[str]:
    """Return the lines of a metric without labels."""
    return family(name, kind, meaning, [({}, value)])


def histograms(name: str, meaning: str, samples: Iterable[tuple[Labels, Histogram]]) -> list[str]:
    """Return the lines of a metric whose values are histograms."""
    lines: list[str] = []
    for labels, histogram in samples:
        counts = list(accumulate(histogram.counts))
        limits = [*map(_number, histogram.bounds), "+Inf"]
        lines += [
            _sample(f"{name}_bucket", {**labels, "le": limit}, count)
            for limit, count in zip(limits, counts, strict=True)
        ]
        lines += [_sample(f"{name}_sum", labels, histogram.sum), _sample(f"{name}_count", labels, counts[-1])]
    return [*_head(name, "histogram", meaning), *lines] if lines else []


def _head(name: str, kind: str, meaning: str) -> list[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]


def _sample(name: str, labels: Labels, value: float) -> str:
    if not labels:
        return f"{name} {_number(value)}"
    pairs = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{pairs}}} {_number(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
