"""From a path to its routes: templates like `/counter/{counter_id}`, literal segments before parameters."""

from collections.abc import Iterable, Mapping

import msgspec

from shopkeeper.http.endpoint import Route


class Match(msgspec.Struct, frozen=True):
    """A path that is declared: its routes by method, HEAD among them, and the values of its parameters."""

    routes: Mapping[str, Route]
    parameters: Mapping[str, str]


class Template(msgspec.Struct, frozen=True):
    """A path template, split; parameter segments stand in braces."""

    segments: tuple[str, ...]
    routes: dict[str, Route]

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """Return the parameters if `segments` fit, else None."""
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
    """Finds the routes of a path among those it was given; `methods` are those of all paths."""

    def __init__(self, routes: Iterable[Route]) -> None:
        templates: dict[tuple[str, ...], Template] = {}
        for route in routes:
            segments = template_segments(route.endpoint.path)
            template = templates.setdefault(segments, Template(segments, {}))
            if route.endpoint.method in template.routes:
                raise ValueError(f"declared twice: {route.endpoint.method} {route.endpoint.path}")
            template.routes.update(dict.fromkeys(route.endpoint.methods, route))
        self.methods = sorted({method for template in templates.values() for method in template.routes})
        self._by_length: dict[int, list[Template]] = {}
        for segments, template in sorted(templates.items(), key=_literals_first):
            self._by_length.setdefault(len(segments), []).append(template)

    def match(self, segments: tuple[str, ...] | None) -> Match | None:
        """Return the match of a decoded path, or None where no endpoint is declared."""
        if segments is None:
            return None
        for template in self._by_length.get(len(segments), ()):
            values = template.match(segments)
            if values is not None:
                return Match(template.routes, values)
        return None


def template_segments(path: str) -> tuple[str, ...]:
    """Split a path template; `/` has no segments."""
    return tuple(segment for segment in path.split("/") if segment)


def is_parameter(segment: str) -> bool:
    """Tell whether a segment of a template is a parameter."""
    return segment.startswith("{")


def _literals_first(item: tuple[tuple[str, ...], Template]) -> list[bool]:
    return [is_parameter(segment) for segment in item[0]]


def _may_be_a_parameter(value: str) -> bool:
    """A dot segment, a slash or a control character is an attack on paths, never a name."""
    return value not in ("", ".", "..") and "/" not in value and value.isprintable()
