"""A counter that is one item, and one that is spread over several: a simulation of DynamoDB's documented limit.

Source: Amazon DynamoDB Developer Guide, "Designing partition keys": 1,000 write units a second for a partition;
an item of up to 1 KB takes one for each write. Bursts and adaptive capacity, which help for minutes, are left out.
"""

import random

WRITES_PER_SECOND = 1000
SECONDS = 20
ATTEMPTS = 3


def simulate(offered: int, shards: int, seed: int = 1) -> dict[str, float]:
    """Return what of so many visits a second is counted at once, counted after a retry, and refused, in percent.

    Each visit takes a random shard, and a throttled one tries again in the next two seconds.
    """
    chance = random.Random(seed)  # noqa: S311  # a simulation
    room = [[WRITES_PER_SECOND] * (SECONDS + ATTEMPTS) for _ in range(shards)]
    outcomes = {"at once": 0, "after a retry": 0, "refused": 0}
    for second in range(SECONDS):
        for _ in range(offered):
            shard = room[chance.randrange(shards)]
            taken = next((delay for delay in range(ATTEMPTS) if shard[second + delay] > 0), None)
            if taken is None:
                outcomes["refused"] += 1
            else:
                shard[second + taken] -= 1
                outcomes["at once" if taken == 0 else "after a retry"] += 1
    return {name: round(100 * count / (offered * SECONDS), 1) for name, count in outcomes.items()}


def table() -> dict[str, dict[str, float]]:
    """Return the simulation for loads and numbers of shards."""
    return {
        f"{offered}/s on {shards}": simulate(offered, shards)
        for offered in (500, 1000, 2000, 5000)
        for shards in (1, 4, 8)
    }
