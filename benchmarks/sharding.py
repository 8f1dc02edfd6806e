"""A simulation of DynamoDB's documented write limit for a counter in one item and a counter in several items (shards).

Source: Amazon DynamoDB Developer Guide, "Designing partition keys": a partition accepts 1,000 write units a second, and
a write of an item of up to 1 KB uses one. Burst and adaptive capacity, which help for minutes, are not simulated.
"""

import random

WRITES_PER_SECOND = 1000
SETTLING = 5
SECONDS = 20
ATTEMPTS = 3


def simulate(offered: int, shards: int, seed: int = 1) -> dict[str, float]:
    """Return the percentages of visits that are counted at once, counted after a retry, and refused.

    Each visit uses a random shard. A throttled visit is retried in the next second and in the second after that,
    together with new visits. The load also runs before and after the measured seconds.
    """
    chance = random.Random(seed)  # noqa: S311  # a simulation
    outcomes = {"at once": 0, "after a retry": 0, "refused": 0}
    waiting: list[list[int]] = [[] for _ in range(shards)]
    for second in range(SETTLING + SECONDS + ATTEMPTS):
        arrivals: list[list[int]] = [[] for _ in range(shards)]
        for _ in range(offered):
            arrivals[chance.randrange(shards)].append(second)
        for shard in range(shards):
            trying = waiting[shard] + arrivals[shard]
            chance.shuffle(trying)
            for place, arrived in enumerate(trying):
                outcome = _outcome(place < WRITES_PER_SECOND, second - arrived)
                if outcome and SETTLING <= arrived < SETTLING + SECONDS:
                    outcomes[outcome] += 1
            waiting[shard] = [arrived for arrived in trying[WRITES_PER_SECOND:] if second - arrived < ATTEMPTS - 1]
    return {name: round(100 * count / (offered * SECONDS), 1) for name, count in outcomes.items()}


def _outcome(is_taken: bool, retries: int) -> str | None:
    """Return the outcome of a visit in one second, or None if it will be retried."""
    if is_taken:
        return "after a retry" if retries else "at once"
    return "refused" if retries == ATTEMPTS - 1 else None


def table() -> dict[str, dict[str, float]]:
    """Return the results of the simulation by load and number of shards."""
    return {
        f"{offered}/s on {shards}": simulate(offered, shards)
        for offered in (500, 1000, 2000, 5000)
        for shards in (1, 4, 8)
    }
