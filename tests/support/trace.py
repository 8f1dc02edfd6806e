"""A synthetic month of visitors, in which people return, change networks, share addresses and use two devices."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

SEED = 20261121
DAYS = 30
BROWSERS = tuple(f"Mozilla/5.0 (Windows NT 10.0; rv:{one}.0) Gecko/20100101 Firefox/{one}.0" for one in range(60, 72))
SHARES = (30, 18, 12, 9, 7, 6, 5, 4, 3, 3, 2, 1)
"""How common each browser is, in percent."""
BEHIND_ONE = 400
"""People for each address of a carrier or an office, of which one in ten is behind it."""


@dataclass(frozen=True)
class View:
    """A view that a person enters the site with."""

    person: int
    day: int
    address: str
    agent: str


def trace(people: int, seed: int = SEED) -> Iterator[View]:
    """Yield the entry views of a month, day by day.

    A tenth of the people come on most days, a third on a few, and the rest about once. Most have an address of their
    own. One in six shares that of a household, and one in twelve is behind a carrier or in an office. Of those who come
    on a day, one in 70 changes the network, and one in 150 the browser.
    """
    dice = random.Random(seed)
    habits = [dice.choices((0.7, 0.12, 1 / DAYS), (1, 3, 6))[0] for _ in range(people)]
    homes = [f"10.{home >> 16}.{home >> 8 & 255}.{home & 255}" for home in range(people)]
    for person in range(people):
        if dice.random() < 1 / 6:
            homes[person] = homes[dice.randrange(people)]
        elif dice.random() < 1 / 10:
            homes[person] = f"172.16.0.{dice.randrange(1 + people // BEHIND_ONE)}"
    browsers = [dice.choices(BROWSERS, SHARES)[0] for _ in range(people)]
    for day in range(DAYS):
        for person in range(people):
            if dice.random() < habits[person]:
                yield from _day(dice, person, day, homes[person], browsers[person])


def _day(dice: random.Random, person: int, day: int, home: str, agent: str) -> Iterator[View]:
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        yield View(person, day, home, agent)
    if dice.random() < 1 / 70:
        yield View(person, day, f"192.168.{dice.randrange(256)}.{dice.randrange(256)}", agent)
    if dice.random() < 1 / 150:
        yield View(person, day, home, dice.choice(BROWSERS))
