"""Run the benchmark: `python -m benchmarks [--quick] [--only PART ...]`.

It takes twenty minutes, or four with `--quick`.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import (
    bars,
    browsing,
    chart,
    cost,
    environments,
    honest,
    lambda_calls,
    live,
    load,
    one_machine,
    packed,
    report,
    request_costs,
    sharding,
    tracing,
    upgrading,
    user_agents,
)
from benchmarks import traffic as traffic_bars
from tests.support.tools import DYNOXIDE, ROOT

RESULTS = ROOT / "benchmarks" / "results.json"
CHART = ROOT / "docs" / "performance.svg"
DOCUMENT = ROOT / "docs" / "performance.md"

Results = dict[str, Any]
Part = Callable[[bool], Results]


def on_lambda(quick: bool) -> Results:
    """Measure functions on Lambda's Python version."""
    if not DYNOXIDE.exists():
        print("The functions are left out: dynoxide is not installed (npm ci).")
        return {}
    interpreter = environments.python("lambda")
    contestants = lambda_calls.ready(lambda_calls.CONTESTANTS)
    if interpreter is None or not contestants:
        return {}
    with lambda_calls.stage() as on:
        found: Results = {"lambda_python": environments.build(interpreter)}
        found["cold"] = lambda_calls.cold_starts(on, contestants, rounds=3 if quick else 15)
        if lambda_calls.VISIT in contestants:
            found["tracing"] = tracing.measure(on, rounds=4 if quick else 40)
        visits = [contestant for contestant in contestants if contestant in lambda_calls.VISITS]
        found["warm"] = lambda_calls.warm_calls(on, visits, rounds=1 if quick else 6, calls=50)
    found["cost"] = {
        name: cost.per_million(
            found["cold"][name]["p50"], figures["p50"], figures["processor_ms"], figures["log_bytes"]
        )
        for name, figures in found["warm"].items()
        if name != "nothing"
    }
    return found


def packages(_: bool) -> Results:
    """Return the sizes of our packages and of the peers' packages, for x86_64."""
    if not all(packed.package(name).exists() for name in packed.OURS):
        print("The packages are left out: run `make package`.")
        return {}
    peers = [name for name in packed.PEERS if name != "nothing" and packed.package(name).exists()]
    return {
        kind: {name: packed.sizes(name) for name in names}
        for kind, names in (("packages", packed.OURS), ("peer_packages", peers))
    }


def throughput(quick: bool) -> Results:
    """Measure the throughput of servers on one machine, and what they use."""
    return load.measure(rounds=1 if quick else 5, seconds=1 if quick else 3)


def floods(quick: bool) -> Results:
    """Measure the latency of honest clients of one machine during floods."""
    return {"floods": honest.measure(seconds=1.0 if quick else 5.0)}


def live_feed(quick: bool) -> Results:
    """Measure how soon a client that waits hears of an order, and visits while a thousand clients wait."""
    return {"live": live.measure(orders=20 if quick else 100, seconds=1.0 if quick else 5.0)}


def pages(quick: bool) -> Results:
    """Measure the pages in Chromium: orders on their way to the board, first paints, and interactions."""
    found = browsing.measure(orders=10 if quick else 100, rounds=3 if quick else 15)
    return {"pages": found} if found else {}


def growth(quick: bool) -> Results:
    """Measure servers with growing numbers of orders."""
    sizes = (1_000, 20_000) if quick else (1_000, 10_000, 100_000, 1_000_000)
    return {"growth": one_machine.growth(sizes, calls=30 if quick else 300)}


def hot_counter(quick: bool) -> Results:
    """Count the visits of a thousand clients, and simulate a sharded counter."""
    counted = one_machine.hot_counter(clients=1_000, visits=1 if quick else 10)
    return {"hot_counter": counted, "sharding": sharding.table()}


def migration(quick: bool) -> Results:
    """Measure how long data files of commit b8cfffd are converted."""
    return {"migration": upgrading.measure((10,) if quick else (10, 100))}


def bots(quick: bool) -> Results:
    """Tell bots from people in others' collections of user agents."""
    return {"bots": user_agents.measure(rounds=2 if quick else 10)}


def traffic(quick: bool) -> Results:
    """Measure the counting of hits, and what is read and paid of it."""
    return {"traffic": traffic_bars.measure(quick)}


def requests(quick: bool) -> Results:
    """Measure what requests take of what AWS bills, for `shopkeeper cost`."""
    found = request_costs.measure(quick)
    return {"requests": found} if found else {}


PARTS: tuple[Part, ...] = (
    on_lambda,
    requests,
    packages,
    throughput,
    floods,
    live_feed,
    pages,
    growth,
    hot_counter,
    migration,
    bots,
    traffic,
)


def measure(parts: Sequence[Part], quick: bool) -> tuple[Results, bool]:
    """Return the results, and whether every part was measured. Prints the parts that failed."""
    python = environments.build(Path(sys.executable))
    machine = {"processors": os.cpu_count(), "system": platform.machine(), "python": python}
    results: Results = {"machine": machine}
    whole = True
    for part in parts:
        try:
            results |= part(quick)
        except Exception as error:  # noqa: BLE001  # a port, a tool or a server failed; the other parts may work
            print(f"{part.__name__} is left out: {type(error).__name__}: {error}")
            whole = False
    return results, whole


def main() -> None:
    """Measure, print the figures and the bars, and keep the figures of a full run."""
    names = [part.__name__ for part in PARTS]
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="take four minutes and keep nothing")
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="measure only these parts")
    options = parser.parse_args()
    environments.make()
    packed.make()
    results, whole = measure([part for part in PARTS if part.__name__ in options.only], options.quick)
    print("\n".join(bars.lines(results)))
    if options.quick:
        return
    kept = json.loads(RESULTS.read_text())
    if set(options.only) < set(names):
        results = merged(kept, results)
    missing = judged(kept) - judged(results)
    if whole and not missing:
        keep(results)
    else:
        print("Nothing is kept because some figures are missing. " + ", ".join(sorted(missing)))


def merged(kept: Results, results: Results) -> Results:
    """Return the kept figures, updated with `results`.

    Figures of two machines are not mixed. If the kept figures are from another machine, they are dropped, and the
    incomplete result is not kept.
    """
    return {**kept, **results} if kept["machine"] == results["machine"] else results


def judged(results: Results) -> set[str]:
    """Return the bars that can be judged by these figures."""
    return {bar for bar, *_ in bars.checked(results)}


def keep(results: Results) -> None:
    """Write the figures, the chart and the tables."""
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    if "requests" in results:
        request_costs.keep(results["requests"])
    CHART.write_text(chart.draw(results))
    DOCUMENT.write_text(report.insert(DOCUMENT.read_text(), results))
    print(f"Kept in {_short(RESULTS)}, shown in {_short(DOCUMENT)}.")


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
