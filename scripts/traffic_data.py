"""Write the data by which traffic tells crawlers, and countries from time zones.

traffic_data.py write    write domains/traffic/bots_data.py and countries_data.py
traffic_data.py check    name each of these files that is not what `write` would write; exit status 1 if there is one

`make traffic-data` runs `write`. The patterns of crawlers are those of the npm package isbot in package-lock.json, the
time zones those of the Python package tzdata in requirements/test.txt.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

ROOT = Path(__file__).parents[1]
TRAFFIC = ROOT / "src" / "shopkeeper" / "domains" / "traffic"
ISBOT = ROOT / "node_modules" / "isbot"
WIDTH = 120

NO_PLACES = frozenset({"CET", "EET", "EST", "HST", "MET", "MST", "WET"})
"""Old names of clocks, which tzdata links to one of the places that had such a clock."""

FORMER_NAMES = {
    "Africa/Asmera": "ER",
    "Africa/Timbuktu": "ML",
    "America/Coral_Harbour": "CA",
    "America/Virgin": "VI",
    "Antarctica/South_Pole": "AQ",
    "Atlantic/Jan_Mayen": "SJ",
    "Iceland": "IS",
    "Pacific/Ponape": "FM",
    "Pacific/Truk": "FM",
    "Pacific/Yap": "FM",
}
"""Names that tzdata links to another country's zone, since its clocks are the same."""

_GROUP = re.compile(r"\((?:[^()\\]|\\.)*\)[*+?]*")
_ATOM = re.compile(r"\[(?:[^\]\\]|\\.)*\][*+?]*|\\[bBsSwWdD][*+?]*|\\?.(?:[*?]|\{\d+,?\d*\})|[\^$]|\{\d+,?\d*\}")
_SPECIAL = re.compile(r"(?<!\\)[\[\](){}|*+?^$.]|\\[a-zA-Z]")
_LOOK_BEHIND = re.compile(r"\(\?<!([^()|]+)\|([^()|]+)\)")


def isbot() -> tuple[str, list[str]]:
    """Return the installed version of isbot, and its patterns in its own form."""
    package = json.loads((ISBOT / "package.json").read_text())
    found = re.search(r"var patterns_default = (\[.*?\n\]);", (ISBOT / "index.js").read_text(), re.DOTALL)
    if found is None:
        raise SystemExit("isbot's index.js has no patterns_default: its form has changed.")
    patterns: list[str] = json.loads(found[1])
    return package["version"], patterns


def python_form(pattern: str) -> str:
    """Return a pattern of JavaScript in Python's form: look-behinds of one length, no range after a class."""
    return _LOOK_BEHIND.sub(r"(?<!\1)(?<!\2)", pattern).replace(r"\d-.", r"\d.-").replace("\\/", "/")


def literal(pattern: str) -> str | None:
    """Return the text that a pattern stands for, None if it stands for more than one."""
    return None if _SPECIAL.search(pattern) else re.sub(r"\\(.)", r"\1", pattern)


def guard(pattern: str) -> str:
    """Return the longest text found that is in whatever matches the pattern; it may be empty."""
    rest = pattern.replace(r"\(", "\x01").replace(r"\)", "\x02").replace(r"\.", "\x03").replace(r"\|", "\x04")
    while (simpler := _GROUP.sub("\n", rest)) != rest:
        rest = simpler
    if "|" in rest:
        return ""
    pieces = _ATOM.sub("\n", rest.replace(".", "\n")).replace("+", "\n").split("\n")
    return max(pieces, key=len).translate({1: "(", 2: ")", 3: ".", 4: "|"}).replace("\\", "")


def bots_data() -> str:
    """Return the text of bots_data.py."""
    number, patterns = isbot()
    prefixes, literals, expressions = [], [], []
    for pattern in map(python_form, patterns):
        re.compile(pattern, re.ASCII)
        if pattern.startswith("^") and (prefix := literal(pattern[1:])):
            prefixes.append(prefix)
        elif text := literal(pattern):
            literals.append(text)
        else:
            expressions.append((guard(pattern), pattern))
    return "\n".join(
        (
            f'"""Patterns of crawlers, from isbot {number} (npm; Unlicense). scripts/traffic_data.py writes this file.',
            "",
            "User agents are compared in lower case; expressions are ASCII.",
            '"""',
            "",
            *_tuple("PREFIXES", prefixes, "User agents of crawlers begin with one of them."),
            *_tuple("LITERALS", literals, "User agents of crawlers contain one of them."),
            "EXPRESSIONS: tuple[tuple[str, str], ...] = (",
            *(f"    ({_quoted(needed)}, {_quoted(pattern)})," for needed, pattern in expressions),
            ")",
            '"""Expressions, each behind a text without which it cannot match."""',
            "",
        )
    )


def countries() -> dict[str, str]:
    """Return the country (ISO 3166) of each name of a time zone that names a place."""
    folder = files("tzdata").joinpath("zoneinfo")
    rows = (line.split("\t") for line in folder.joinpath("zone.tab").read_text().splitlines() if line[:1] != "#")
    found = {row[2]: row[0] for row in rows}
    lines = (line.split() for line in folder.joinpath("tzdata.zi").read_text().splitlines() if line.startswith("L "))
    links = {name: target for _, target, name in lines}
    for name in links.keys() - found.keys() - NO_PLACES:
        target = links[name]
        while target in links and target not in found:
            target = links[target]
        if target in found:
            found[name] = found[target]
    return found | FORMER_NAMES


def countries_data() -> str:
    """Return the text of countries_data.py."""
    zones: dict[str, list[str]] = {}
    for zone, country in sorted(countries().items()):
        zones.setdefault(country, []).append(zone)
    return "\n".join(
        (
            f'"""Time zones of countries, from tzdata {version("tzdata")} (PyPI; the data is in the public domain).',
            "",
            "scripts/traffic_data.py writes this file. Names of old are among them, for browsers send those.",
            '"""',
            "",
            'ZONES = """',
            *(line for country in sorted(zones) for line in _lines(country, zones[country])),
            '"""',
            '"""Lines: a country (ISO 3166), and zones of it. A country may have several lines."""',
            "",
        )
    )


def _lines(country: str, zones: list[str]) -> Iterator[str]:
    line = country
    for zone in zones:
        if len(line) + 1 + len(zone) > WIDTH:
            yield line
            line = country
        line += f" {zone}"
    yield line


def _quoted(text: str) -> str:
    quoted = json.dumps(text)
    return f'r"{text}"' if "\\" in text and '"' not in text else quoted


def _tuple(name: str, texts: list[str], meaning: str) -> list[str]:
    lines = (f"    {_quoted(text)}," for text in texts)
    return [f"{name}: tuple[str, ...] = (", *lines, ")", f'"""{meaning}"""', ""]


def generated() -> dict[Path, str]:
    """Return each generated file's text."""
    return {TRAFFIC / "bots_data.py": bots_data(), TRAFFIC / "countries_data.py": countries_data()}


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("write", "check"))
    command = parser.parse_args().command
    stale = [path for path, text in generated().items() if not path.exists() or path.read_text() != text]
    if command == "check":
        for path in stale:
            print(path.relative_to(ROOT))
        sys.exit(bool(stale))
    for path in stale:
        path.write_text(generated()[path])


if __name__ == "__main__":
    main()
