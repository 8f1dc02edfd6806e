"""What a change of the API would break for clients: the present OpenAPI document beside that of the last release.

    compatibility.py check    print what breaks, and fail if anything does
    compatibility.py release  write the present contract as that of the last release

A request that was good must stay good, and an answer must stay what it was said to be: every value that a response may
have now must be one that the released document allows. docs/compatibility.md has the rules.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

Json = dict[str, Any]
RELEASED = Path(__file__).parents[1] / "docs" / "openapi.released.json"

WORDS = {"description", "summary", "title", "example", "examples", "tags", "servers", "contact", "license"}
"""What people read. It may change at any time, so the contract does not have it."""

NAMES = {"properties", "schemas", "paths", "headers", "webhooks", "responses", "parameters", "pathItems"}
"""What holds names of ours: a property may be called `description`."""

LEAST = ("minimum", "minLength", "minItems", "minProperties")
MOST = ("maximum", "maxLength", "maxItems", "maxProperties")
RULES = ("pattern", "format", "propertyNames", "condition")
"""What is compared as it is: whether one pattern allows more than another cannot be told."""


def contract(document: Json) -> Json:
    """Return the part of a document that clients depend on."""
    found: Json = _without_words(document)
    return found


def breaking(before: Json, after: Json, today: date) -> list[str]:
    """Return what breaks for clients of `before`, one sentence each. An operation may go after its sunset."""
    return list(_Comparison(before, after).faults(today))


class _Comparison:
    def __init__(self, before: Json, after: Json) -> None:
        self._before, self._after = before, after

    def faults(self, today: date) -> Iterator[str]:
        for name, operation in _operations(self._before).items():
            now = _operations(self._after).get(name)
            if now is not None:
                yield from (f"{name}: {fault}" for fault in self._operation(operation, now))
            elif not ("x-sunset" in operation and date.fromisoformat(operation["x-sunset"]) <= today):
                yield f"{name} is gone"
        for kind, webhook in self._before.get("webhooks", {}).items():
            now = self._after.get("webhooks", {}).get(kind)
            if now is None:
                yield f"the webhook {kind} is gone"
            else:
                pair = (_body(now["post"]), _body(webhook["post"]))
                yield from (f"the webhook {kind}: {fault}" for fault in self._sent(*pair))
        yield from self._codes()

    def _operation(self, before: Json, after: Json) -> Iterator[str]:
        if before["operationId"] != after["operationId"]:
            yield f"is called {after['operationId']}, and was {before['operationId']}"
        for way in before.get("security", []):
            if way not in after.get("security", []) and after.get("security", []) != []:
                yield f"does not accept {' with '.join(way) or 'callers without credentials'} any more"
        if before.get("security") == [] and after.get("security", []) not in ([], [{}]) and {} not in after["security"]:
            yield "needs credentials now"
        yield from self._parameters(_by_name(before), _by_name(after))
        yield from self._request(before.get("requestBody"), after.get("requestBody"))
        yield from self._responses(before["responses"], after["responses"])

    def _parameters(self, before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[str]:
        for name, one in before.items():
            if name not in after:
                yield f"the parameter {name} is gone"
            else:
                yield from self._received(one["schema"], after[name]["schema"], f"the parameter {name}")
        for name, one in after.items():
            if one["required"] and not before.get(name, {}).get("required"):
                yield f"the parameter {name} is required now"

    def _request(self, before: Json | None, after: Json | None) -> Iterator[str]:
        if before is None:
            if after is not None and after.get("required"):
                yield "a body is required now"
            return
        if after is None:
            yield "takes no body any more"
            return
        if after.get("required") and not before.get("required"):
            yield "a body is required now"
        for media_type, one in before["content"].items():
            if media_type not in after["content"]:
                yield f"does not take {media_type} any more"
            else:
                yield from self._received(one["schema"], after["content"][media_type]["schema"], "the body")

    def _responses(self, before: Json, after: Json) -> Iterator[str]:
        if _successes(before) != _successes(after):
            yield f"succeeds with {_successes(after)}, and did with {_successes(before)}"
        for status in before.keys() & after.keys():
            for media_type, one in before[status].get("content", {}).items():
                now = after[status].get("content", {}).get(media_type)
                if media_type == "application/problem+json":
                    continue  # errors are compared by their codes: an operation may get new ones
                if now is None:
                    yield f"{status} does not have {media_type} any more"
                else:
                    faults = self._sent(now.get("schema", {}), one.get("schema", {}))
                    yield from (f"{status}: {fault}" for fault in faults)
            for name, field in before[status].get("headers", {}).items():
                now = after[status].get("headers", {}).get(name)
                if field.get("required") and status.startswith("2") and not (now or {}).get("required"):
                    yield f"{status} need not have the header field {name} any more"

    def _codes(self) -> Iterator[str]:
        """Compare the errors by their codes. One that is gone breaks nothing."""
        before, after = self._problems(self._before), self._problems(self._after)
        for code in sorted(before.keys() & after.keys()):
            yield from (f"the error {code}: {fault}" for fault in self._sent(after[code], before[code]))

    def _problems(self, document: Json) -> dict[str, Json]:
        schemas = document["components"]["schemas"]
        whole = {name: _whole(schema, document) for name, schema in schemas.items() if "allOf" in schema}
        return {schema["properties"]["code"]["const"]: schema for schema in whole.values()}

    def _received(self, before: Json, after: Json, place: str) -> Iterator[str]:
        """Yield what was good in a request and is not any more."""
        return _beyond(_Schema(before, self._before), _Schema(after, self._after), place)

    def _sent(self, after: Json, before: Json) -> Iterator[str]:
        """Yield what a response may be now and could not be before."""
        return _beyond(_Schema(after, self._after), _Schema(before, self._before), "the body")


class _Schema:
    """A schema of a document, with its references followed."""

    def __init__(self, schema: Json, document: Json) -> None:
        self.document = document
        self.all = _whole(schema, document)

    def inner(self, schema: Json) -> "_Schema":
        return _Schema(schema, self.document)

    @property
    def branches(self) -> list["_Schema"]:
        """The alternatives that it is one of: itself if it has none."""
        kinds = self.all.get("anyOf") or self.all.get("oneOf")
        return [self.inner(kind) for kind in kinds] if kinds and "type" not in self.all else [self]

    @property
    def values(self) -> list[Any] | None:
        """The only values that it allows, None if it does not list them."""
        return [self.all["const"]] if "const" in self.all else self.all.get("enum")

    @property
    def kind(self) -> str:
        return str(self.all.get("type", "anything"))


def _beyond(narrow: _Schema, wide: _Schema, place: str) -> Iterator[str]:
    """Yield where `narrow` allows what `wide` does not."""
    for one in narrow.branches:
        found = [list(_beyond_one(one, other, place)) for other in wide.branches]
        if not any(faults == [] for faults in found):
            alike = [faults for faults, other in zip(found, wide.branches, strict=True) if other.kind == one.kind]
            yield from min(alike, key=len) if alike else [f"{place} may be {one.kind}, and could not"]


def _beyond_one(narrow: _Schema, wide: _Schema, place: str) -> Iterator[str]:
    one, other = narrow.all, wide.all
    if wide.kind not in ("anything", narrow.kind) and (narrow.kind, wide.kind) != ("integer", "number"):
        yield f"{place} is {narrow.kind} on one side and {wide.kind} on the other"
        return
    if wide.values is not None:
        extra = "any" if narrow.values is None else [value for value in narrow.values if value not in wide.values]
        if extra:
            yield f"{place} has values that one side does not know: {extra}"
    yield from (f"{place}: {fault}" for fault in _beyond_rules(one, other, listed=narrow.values is not None))
    if "items" in one and "items" in other:
        yield from _beyond(narrow.inner(one["items"]), wide.inner(other["items"]), f"{place}[]")
    yield from _beyond_object(narrow, wide, place)


def _beyond_rules(one: Json, other: Json, *, listed: bool) -> Iterator[str]:
    """Yield the bounds and patterns that `other` has and `one` need not keep. Listed values are compared themselves."""
    looser = [
        *(bound for bound in LEAST if bound in other and one.get(bound, float("-inf")) < other[bound]),
        *(bound for bound in MOST if bound in other and one.get(bound, float("inf")) > other[bound]),
        *(rule for rule in RULES if rule in other and one.get(rule) != other[rule] and not listed),
    ]
    yield from (f"{rule} is {one.get(rule)} on one side and {other[rule]} on the other" for rule in looser)


def _beyond_object(narrow: _Schema, wide: _Schema, place: str) -> Iterator[str]:
    one, other = narrow.all.get("properties", {}), wide.all.get("properties", {})
    for name in wide.all.get("required", []):
        if name not in narrow.all.get("required", []):
            yield f"{place}.{name} may be missing on one side and may not on the other"
    others = wide.all.get("additionalProperties")
    for name, schema in one.items():
        if name in other:
            yield from _beyond(narrow.inner(schema), wide.inner(other[name]), f"{place}.{name}")
        elif others is False:
            yield f"{place}.{name} is not known any more"
    if narrow.all.get("additionalProperties") is not False:
        yield from (f"{place}.{name} is gone" for name in other if name not in one and one)
    mine = narrow.all.get("additionalProperties")
    if isinstance(mine, dict) and isinstance(others, dict):
        yield from _beyond(narrow.inner(mine), wide.inner(others), f"{place}.*")


def _whole(schema: Json, document: Json) -> Json:
    """Return a schema with its reference followed and its parts joined."""
    if "$ref" in schema:
        named = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        beside = {"condition" if key == "anyOf" else key: value for key, value in schema.items() if key != "$ref"}
        return _whole({**named, **beside}, document)
    if "allOf" not in schema:
        return schema
    parts = [_whole(part, document) for part in schema["allOf"]]
    properties = {name: one for part in parts for name, one in part["properties"].items()}
    required = [name for part in parts for name in part.get("required", [])]
    return {"type": "object", "properties": properties, "required": required}


def _operations(document: Json) -> dict[str, Json]:
    return {
        f"{method.upper()} {path}": one
        for path, methods in document["paths"].items()
        for method, one in methods.items()
    }


def _by_name(operation: Json) -> dict[str, Json]:
    return {one["name"]: one for one in operation.get("parameters", [])}


def _successes(responses: Json) -> str:
    return ", ".join(sorted(status for status in responses if status.startswith("2")))


def _body(operation: Json) -> Json:
    schema: Json = operation["requestBody"]["content"]["application/json"]["schema"]
    return schema


def _without_words(part: Any, *, names: bool = False) -> Any:
    if isinstance(part, list):
        return [_without_words(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {key: one for key, one in part.items() if names or key not in WORDS}
    return {key: _without_words(one, names=key in NAMES and not names) for key, one in kept.items()}


def present() -> Json:
    """Return the contract of the sources."""
    from shopkeeper.functions.openapi import openapi_document  # `--help` works before anything is installed

    return contract(openapi_document())


def main(arguments: list[str]) -> int:
    """Run a command and return its exit status."""
    if arguments in (["--help"], ["-h"]):
        print(__doc__)
        return 0
    if arguments == ["release"]:
        RELEASED.write_text(json.dumps(present(), indent=1, ensure_ascii=False) + "\n")
        return 0
    if arguments != ["check"]:
        print(__doc__, file=sys.stderr)
        return 2
    faults = breaking(json.loads(RELEASED.read_text()), present(), datetime.now(UTC).date())
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
