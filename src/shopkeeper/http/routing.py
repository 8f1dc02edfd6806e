"""Finds the routes of a path by templates like `/counter/{counter_id}`. Literal segments precede parameters."""

from collections.abc import Iterable, Mapping

import msgspec

from shopkeeper.http.endpoint import Route


class Match(msgspec.Struct, frozen=True):
    """A declared path: its routes by method, including HEAD, and the values of its parameters."""

    routes: Mapping[str, Route]
    parameters: Mapping[str, str]


class Template(msgspec.Struct, frozen=True):
    """A path template, split into segments. Parameter segments are in braces."""

    segments: tuple[str, ...]
    routes: dict[str, Route]

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """Return the parameters if `segments` match, else None."""
        values: dict[str, str] = {}
        for pattern, value in zip(self.segments, segments, strict=True):
            if is_parameter(pattern):
                if not _may_be_a_parameter(value):
                    return None
                values[pattern[1:-1]] = value
            elif pattern != value:
                return None
        return values


class Router:
    """Finds the routes of a path. `methods` are the methods of all paths."""

    def __init__(self, routes: Iterable[Route]) -> None:
        templates: dict[tuple[str, ...], Template] = {}
        for route in routes:
            segments = template_segments(route.endpoint.path)
            template = templates.setdefault(segments, Template(segments, {}))
            if route.endpoint.method in template.routes:
                raise ValueError(f"declared twice: {route.endpoint.method} {route.endpoint.path}")
            template.routes.update(dict.fromkeys(route.endpoint.methods, route))
        self.methods = sorted({method for template in templates.values() for method in template.routes})
        # One request is matched more than once. It is told by its very tuple, so this needs no lock.
        self._last: tuple[tuple[str, ...] | None, Match | None] = None, None
        self._by_length: dict[int, list[Template]] = {}
        for segments, template in sorted(templates.items(), key=_literals_first):
            self._by_length.setdefault(len(segments), []).append(template)

    def match(self, segments: tuple[str, ...] | None) -> Match | None:
        """Return the match of a decoded path, or None if the path is undeclared."""
        if segments is None:
            return None
        former, match = self._last
        if former is not segments:
            match = self._found(segments)
            self._last = segments, match
        return match

    def _found(self, segments: tuple[str, ...]) -> Match | None:
        for template in self._by_length.get(len(segments), ()):
            values = template.match(segments)
            if values is not None:
                return Match(template.routes, values)
        return None


def template_segments(path: str) -> tuple[str, ...]:
    """Return the segments of a path template. `/` has none."""
    return tuple(segment for segment in path.split("/") if segment)


def is_parameter(segment: str) -> bool:
    """Return whether a segment of a template is a parameter."""
    return segment.startswith("{")


def _literals_first(item: tuple[tuple[str, ...], Template]) -> list[bool]:
    return [is_parameter(segment) for segment in item[0]]


def _may_be_a_parameter(value: str) -> bool:
    """Reject dot segments, slashes and control characters: they are attacks on paths, never names."""
    return value not in ("", ".", "..") and "/" not in value and value.isprintable()
