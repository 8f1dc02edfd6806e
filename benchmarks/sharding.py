"""A counter that is one item, and one that is spread over several: a simulation of DynamoDB's documented limit.

Source: Amazon DynamoDB Developer Guide, "Designing partition keys": 1,000 write units a second for a partition;
an item of up to 1 KB takes one for each write. Bursts and adaptive capacity, which help for minutes, are left out.
"""

import random

WRITES_PER_SECOND = 1000
SETTLING = 5
SECONDS = 20
ATTEMPTS = 3


def simulate(offered: int, shards: int, seed: int = 1) -> dict[str, float]:
    """Return what of so many visits a second is counted at once, counted after a retry, and refused, in percent.

    Each visit takes a random shard; one that is throttled tries again in the next second, and in the one after,
    among the new ones. The load goes on before and after the seconds that are counted.
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
    """Return what became of a visit in a second, None if it will try again."""
    if is_taken:
        return "after a retry" if retries else "at once"
    return "refused" if retries == ATTEMPTS - 1 else None


def table() -> dict[str, dict[str, float]]:
    """Return the simulation for loads and numbers of shards."""
    return {
        f"{offered}/s on {shards}": simulate(offered, shards)
        for offered in (500, 1000, 2000, 5000)
        for shards in (1, 4, 8)
    }
