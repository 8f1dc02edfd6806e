"""What tracing adds to a cold start and to a warm call of the packed `visits`, in ms of processor time.

Sampled and other invocations are compared. Nothing of tracing is loaded before the first sampled one, so the start
itself is the same for both, and is left out: its time varies by more than tracing costs.
"""

from benchmarks.lambda_calls import TRACED, VISITS, Stage, spread
from benchmarks.runtime_api import Function

WARM = 20
"""How many calls of each kind a process answers before its calls are measured."""

PAIRS = 20
"""How many pairs of warm calls are measured in each process."""

(TRACED_VISIT,) = (one for one in VISITS if one.name == TRACED)


def measure(on: Stage, rounds: int) -> dict[str, dict[str, float]]:
    """Return the median and the quartiles of the differences, of first calls and of warm ones.

    Two processes start in each round. Which of them is sampled at first, and which call of a pair, changes.
    """
    cold: list[float] = []
    warm: list[float] = []
    for turn in range(rounds):
        first = {}
        for sampled in (turn % 2 == 0, turn % 2 == 1):
            function = on.start(TRACED_VISIT)
            try:
                first[sampled] = _call(on, function, sampled=sampled)
                warm += _pairs(on, function)
            finally:
                function.end()
        cold.append(first[True] - first[False])
    return {"cold": spread(cold), "warm": spread(warm)}


def _pairs(on: Stage, function: Function) -> list[float]:
    """Return what a sampled call took more than the other of its pair, of each pair, in ms."""
    differences = []
    for pair in range(WARM + PAIRS):
        took = {sampled: _call(on, function, sampled=sampled) for sampled in (pair % 2 == 0, pair % 2 == 1)}
        if pair >= WARM:
            differences.append(took[True] - took[False])
    return differences


def _call(on: Stage, function: Function, *, sampled: bool) -> float:
    """Return the processor time of a call in ms, of all that the process does between two waits for an event."""
    before = function.processor_seconds_at_rest()
    function.call(TRACED_VISIT.event(on), TRACED_VISIT.status, sampled=sampled)
    return (function.processor_seconds_at_rest() - before) * 1000
