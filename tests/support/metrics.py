"""Reads what `/metrics` says."""

import re
from urllib.request import urlopen

SAMPLE = re.compile(r"([a-z_]+(?:\{.*\})?) (\S+)")


def scrape(port: int) -> dict[str, float]:
    """Return the metrics of a port of loopback, by their names with their labels."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:  # loopback
        text = answer.read().decode()
    samples = [SAMPLE.fullmatch(line) for line in text.splitlines() if not line.startswith("#")]
    assert all(samples), text
    return {sample[1]: float(sample[2]) for sample in samples if sample}


def named(metrics: dict[str, float], name: str) -> dict[str, float]:
    """Return the samples of one metric, by their labels."""
    return {key.removeprefix(name): value for key, value in metrics.items() if key.partition("{")[0] == name}
