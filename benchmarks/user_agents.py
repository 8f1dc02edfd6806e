"""How many bots and people are told apart in others' collections, and how long that takes."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any

from shopkeeper.domains.traffic.bots import MOST_CHARACTERS, bot_of
from tests.support.tools import ROOT
from tests.support.user_agents import listed_crawlers, matomo_bots, matomo_people, present_people

BOTS = ("bots of Matomo", "bots of crawler-user-agents")
PEOPLE = ("people of Matomo", "people of user-agents")

LEAST_FOUND = 99.0
MOST_FLAGGED = 1.2
MOST_MICROSECONDS = 100
MOST_FIRST_MS = 3

FIRST = """
import time, msgspec
from shopkeeper.domains.traffic import dimensions
began = time.process_time()
from shopkeeper.domains.traffic.bots import why_bot
why_bot("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", {"origin": "https://x"}, False)
print(time.process_time() - began)
"""
"""The first hit of a process, with what it imports."""


def measure(rounds: int) -> dict[str, Any]:
    """Return the percentage of each collection that is taken for bots, and times: µs a user agent, ms the first."""
    people = [person.user_agent for person in matomo_people()]
    corpora = dict(zip(BOTS + PEOPLE, (matomo_bots(), listed_crawlers(), people, present_people()), strict=True))
    return {
        "shares": {
            name: round(100 * _taken(user_agents) / len(user_agents), 2) for name, user_agents in corpora.items()
        },
        "sizes": {name: len(user_agents) for name, user_agents in corpora.items()},
        "microseconds": round(min(_microseconds(people[::10]) for _ in range(rounds)), 1),
        "first_ms": round(_first_ms(rounds), 2),
    }


def checked(found: dict[str, Any]) -> Iterator[tuple[str, float, float, bool]]:
    """Yield each bar: its name, the figure, the limit, and whether the figure reaches it."""
    if not found:
        return
    for name in BOTS:
        yield f"{name} found, %", found["shares"][name], LEAST_FOUND, found["shares"][name] >= LEAST_FOUND
    for name in PEOPLE:
        yield f"{name} flagged, %", found["shares"][name], MOST_FLAGGED, found["shares"][name] <= MOST_FLAGGED
    for name, figure, most in (
        ("a user agent, µs", found["microseconds"], MOST_MICROSECONDS),
        ("the first user agent, ms", found["first_ms"], MOST_FIRST_MS),
    ):
        yield name, figure, most, figure <= most


def _taken(user_agents: Sequence[str]) -> int:
    return sum(bot_of(user_agent[:MOST_CHARACTERS]) is not None for user_agent in user_agents)


def _microseconds(user_agents: Sequence[str]) -> float:
    bot_of.cache_clear()
    began = time.process_time()
    _taken(user_agents)
    return (time.process_time() - began) / len(user_agents) * 1e6


def _first_ms(rounds: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder, "PYTHONPATH": str(ROOT / "src")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-c", FIRST]
        took = [float(subprocess.check_output(command, env=environment)) for _ in range(rounds + 1)]
    return min(took[1:]) * 1e3
