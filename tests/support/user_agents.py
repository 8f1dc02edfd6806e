"""User agents of bots and of people, as others have collected them."""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import yaml

from tests.support.tools import NODE_MODULES

_ENTRY = re.compile(r"^-\s*\n?(?=\s+user_agent:)", re.MULTILINE)
_FIELD = r"^ +{}: *(.*)$"
_USER_AGENT = re.compile(_FIELD.format("user_agent"), re.MULTILINE)
_BROWSER = re.compile(r"^  client:\n    type: browser\n    name: *(.*)$", re.MULTILINE)
_SYSTEM = re.compile(r"^  os:\n    name: *(.*)$", re.MULTILINE)


class Person(NamedTuple):
    """A person's user agent, with the names that Matomo has for its browser and its system."""

    user_agent: str
    browser: str
    system: str


def matomo_bots() -> list[str]:
    """Return the user agents of bots among the fixtures of Matomo's device detector."""
    return [_text(found[1]) for entry in _entries("bots.yml") if (found := _USER_AGENT.search(entry))]


def matomo_people(only: str = "*") -> list[Person]:
    """Return the user agents of browsers among these fixtures; `only` is a pattern of their files' names."""
    people = []
    for entry in (entry for path in sorted(_fixtures().glob(f"{only}.yml")) for entry in _entries(path.name)):
        user_agent, browser, system = (field.search(entry) for field in (_USER_AGENT, _BROWSER, _SYSTEM))
        if user_agent and browser:
            people.append(Person(_text(user_agent[1]), _text(browser[1]), _text(system[1]) if system else ""))
    return people


def listed_crawlers() -> list[str]:
    """Return the user agents that crawler-user-agents has as instances of its patterns."""
    listed = json.loads(files("crawleruseragents").joinpath("crawler-user-agents.json").read_text())
    return [instance for entry in listed for instance in entry["instances"]]


def present_people() -> list[str]:
    """Return the user agents that the npm package user-agents has counted on sites lately."""
    counted = json.loads((NODE_MODULES / "user-agents" / "dist" / "user-agents.json").read_text())
    return sorted({entry["userAgent"] for entry in counted})


def _fixtures() -> Path:
    return Path(str(files("device_detector"))) / "tests" / "fixtures" / "upstream"


def _entries(name: str) -> Iterator[str]:
    text = _fixtures().joinpath(name).read_text()
    return (entry for entry in _ENTRY.split(text) if entry.strip())


def _text(scalar: str) -> str:
    """Return what a scalar of YAML says. Most are plain, and a parser would take seconds for them."""
    return str(yaml.safe_load(scalar)) if scalar[:1] in "'\"" else scalar
