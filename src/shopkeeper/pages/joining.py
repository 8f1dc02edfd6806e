"""Joins the modules of a page into one, and its style sheets, so that a browser loads each with one request.

Small files compress badly: one file of them all has two thirds of their compressed bytes. Each module becomes a
function that is called once and returns what the module exports, so the names of modules do not meet. This reads only
the forms of import and export that our modules use, and refuses all others.

A module that a page imports only when it is needed is joined with what that page does not have yet, and takes the rest
from the page's own file. A browser runs that file once, so both have the same state.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

_IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"([^"]+)";\n', re.MULTILINE)
_PASSED_ON = re.compile(r'^export \{([^}]*)\} from "([^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function|class|const) (\w+)", re.MULTILINE)
_EXPORT_LIST = re.compile(r"export\{([^}]*)\};?\s*\Z")
"""The last statement of the vendored library."""

_LATER = re.compile(r'\bimport\("([^"]+)"\)')
"""An import when it is needed."""

_SHEET = re.compile(r'^@import "([^"]+)";\n', re.MULTILINE)

_LEFT = re.compile(r"^\s*(?:import|export)\b.*", re.MULTILINE)


def modules_of(folder: Path, entry: str) -> list[str]:
    """Return the names of a module and of all that it needs, each after those that it imports."""
    found: dict[str, None] = {}

    def follow(name: str) -> None:
        if name not in found:
            text = (folder / name).read_text()
            for pattern in (_IMPORT, _PASSED_ON):
                for _, other in pattern.findall(text):
                    follow(_resolved(folder, name, other))
            found[name] = None

    follow(entry)
    return list(found)


def joined(folder: Path, entry: str, later: Sequence[str] = ()) -> str:
    """Return one module that does what a module and all that it needs do. Raises ValueError for an unknown form.

    It exports what the modules need that are imported `later`.
    """
    places = _places(folder, entry)
    shared = sorted({places[name] for one in later for name in _shared(folder, one, entry)})
    exports = f"export {{ {', '.join(shared)} }};\n" if shared else ""
    return _statements(folder, modules_of(folder, entry), places) + exports


def joined_later(folder: Path, name: str, entry: str) -> str:
    """Return one module of a module that a page imports later and of what the page, which runs `entry`, has not."""
    known = _places(folder, entry)
    shared = _shared(folder, name, entry)
    own = [one for one in modules_of(folder, name) if one not in known]
    places = {one: known[one] for one in shared} | {one: f"$own{number}" for number, one in enumerate(own)}
    page = f"{'../' * name.count('/') or './'}{entry}"
    exported = ", ".join(found for _, found in _EXPORT.findall((folder / name).read_text()))
    return (
        f'import {{ {", ".join(known[one] for one in shared)} }} from "{page}";\n'
        f"{_statements(folder, own, places)}export const {{ {exported} }} = {places[name]};\n"
    )


def _places(folder: Path, entry: str) -> dict[str, str]:
    """Return the names that the modules of a page have in its file."""
    return {name: f"${number}" for number, name in enumerate(modules_of(folder, entry))}


def _shared(folder: Path, name: str, entry: str) -> list[str]:
    """Return the modules that a module imported later needs, and that the page has already."""
    known = set(modules_of(folder, entry))
    return [one for one in modules_of(folder, name) if one in known]


def _statements(folder: Path, names: Iterable[str], places: Mapping[str, str]) -> str:
    return "".join(f"const {places[name]} = (() => {{\n{_body(folder, name, places)}}})();\n" for name in names)


def joined_styles(folder: Path, entry: str) -> str:
    """Return one style sheet of all that a style sheet imports, in that order."""
    return _SHEET.sub(lambda match: (folder / match[1]).read_text(), (folder / entry).read_text())


def _body(folder: Path, name: str, places: Mapping[str, str]) -> str:
    """Return a module's text as the body of a function that returns its exports."""
    text = (folder / name).read_text()
    exports: dict[str, str] = {}

    def taken(match: re.Match[str]) -> str:
        place = places[_resolved(folder, name, match[2])]
        pairs = [_pair(one) for one in _listed(match[1] or "")]
        return f"const {{ {', '.join(f'{theirs}: {ours}' for theirs, ours in pairs)} }} = {place};\n" if pairs else ""

    def passed_on(match: re.Match[str]) -> str:
        place = places[_resolved(folder, name, match[2])]
        exports.update({ours: f"{place}.{theirs}" for theirs, ours in map(_pair, _listed(match[1]))})
        return ""

    def declared(match: re.Match[str]) -> str:
        exports[match[2]] = match[2]
        return f"{match[1]} {match[2]}"

    def listed(match: re.Match[str]) -> str:
        exports.update({theirs: ours for ours, theirs in map(_pair, _listed(match[1]))})
        return ""

    for pattern, change in (
        (_IMPORT, taken),
        (_PASSED_ON, passed_on),
        (_EXPORT, declared),
        (_EXPORT_LIST, listed),
    ):
        text = pattern.sub(change, text)
    text = _LATER.sub(lambda match: f'import("./{_resolved(folder, name, match[1])}")', text)
    if left := _LEFT.search(text):
        raise ValueError(f"{name}: this form is not known: {left[0]}")
    return f"{text}\nreturn {{ {', '.join(f'{outer}: {inner}' for outer, inner in exports.items())} }};\n"


def _listed(names: str) -> list[str]:
    return [one.strip() for one in names.split(",") if one.strip()]


def _pair(name: str) -> tuple[str, str]:
    """Return `a` and `b` of `a as b`, and of `a` twice `a`."""
    first, _, second = name.partition(" as ")
    return first, second or first


def _resolved(folder: Path, name: str, other: str) -> str:
    return str(((folder / name).parent / other).resolve().relative_to(folder))
