"""What tracing adds to a cold start and to a warm call, in ms of processor time.

A traced and an untraced process run one after the other, and which is first changes. So what is compared happens within
half a second, on a machine whose speed varies by more than tracing costs.
"""

from benchmarks.lambda_calls import TRACED, VISIT, VISITS, Contestant, Stage, spread

CALLS = 40
"""How many warm calls of each process are measured."""

(TRACED_VISIT,) = (one for one in VISITS if one.name == TRACED)


def measure(on: Stage, rounds: int) -> dict[str, dict[str, float]]:
    """Return the median and the quartiles of the differences, of cold starts and of warm calls."""
    cold: list[float] = []
    warm: list[float] = []
    for turn in range(rounds):
        order = (VISIT, TRACED_VISIT) if turn % 2 else (TRACED_VISIT, VISIT)
        took = {contestant.name: _processor(on, contestant) for contestant in order}
        (started, called), (traced_started, traced_called) = took[VISIT.name], took[TRACED]
        cold.append(traced_started - started)
        warm.append(traced_called - called)
    return {"cold": spread(cold), "warm": spread(warm)}


def _processor(on: Stage, contestant: Contestant) -> tuple[float, float]:
    """Return the processor time of a cold start up to the first answer, and of a warm call, both in ms."""
    function = on.start(contestant)
    try:
        function.call(contestant.event(on), contestant.status)
        started = function.processor_seconds()
        for _ in range(CALLS):
            function.call(contestant.event(on), contestant.status)
        return started * 1000, (function.processor_seconds() - started) * 1000 / CALLS
    finally:
        function.end()
