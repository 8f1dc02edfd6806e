"""The schemas of the OpenAPI document, from the types that appear as JSON.

msgspec's schemas say what is accepted. Clients are generated from these, so they say more and less: a response has all
fields that are always sent as required; a request has no defaults, which generators take for fields that must be sent;
a type that is sent and received in different shapes has two names; what is used in two places has one.
"""

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import inspect as types

from shopkeeper.http.vocabulary import Term, Vocabulary

Json = dict[str, Any]
REF = "#/components/schemas/"
NOTES = ("description", "examples", "default", "title")
"""What a schema says beside what it allows."""

_TEXT = {"minLength", "maxLength", "pattern"}
_OBJECT = {"minProperties", "maxProperties", "propertyNames", "additionalProperties"}


class Shapes:
    """The schemas of the types of requests and of replies.

    `named` are types other than structs that get a name, such as an enumeration that is used in several places.
    """

    def __init__(
        self,
        requests: Iterable[type[msgspec.Struct]],
        replies: Iterable[type[msgspec.Struct]],
        named: Mapping[str, Any],
        vocabulary: Vocabulary,
    ) -> None:
        self._vocabulary = vocabulary
        self._requests, self._replies = list(requests), list(replies)
        self._structs = {one.cls.__name__: one for one in _structs([*self._requests, *self._replies])}
        kinds = [*self._requests, *self._replies, *named.values()]
        schemas, found = msgspec.json.schema_components(kinds, ref_template=REF + "{name}")
        own = schemas[len(kinds) - len(named) :]
        aliases = {name: _placed(schema) for name, schema in zip(named, own, strict=True)}
        self._names = {_key(schema): name for name, schema in aliases.items()}
        self._found = {
            **{name: self._renamed(_placed(schema)) for name, schema in found.items()},
            **{name: {"title": name, **self._renamed(schema, inside=True)} for name, schema in aliases.items()},
        }
        self._inputs = self._split()
        self._in_parameters: set[str] = set()

    def request(self, kind: type[msgspec.Struct]) -> Json:
        """Return a reference to the shape in which a type is received."""
        name = kind.__name__
        return {"$ref": f"{REF}{name}Input" if name in self._inputs else REF + name}

    def reply(self, kind: type[msgspec.Struct]) -> Json:
        """Return a reference to the shape in which a type is sent."""
        return {"$ref": REF + kind.__name__}

    def parameters(self, kind: type[msgspec.Struct]) -> Json:
        """Return the object of a type of parameters. Their defaults stay."""
        _, found = msgspec.json.schema_components([kind], ref_template=REF + "{name}")
        schema: Json = found[kind.__name__]
        properties = {
            name: self._worded(kind.__name__, name, self._renamed(field))
            for name, field in schema["properties"].items()
        }
        self._in_parameters.update(_references(properties))
        return {**schema, "properties": properties}

    def components(self) -> Json:
        """Return every schema that is used, by name. Call it after `parameters`: theirs are among them."""
        received, sent = self._reached(self._requests), self._reached(self._replies)
        parts = {f"{name}Input" if name in self._inputs else name: self._received(name) for name in received}
        parts |= {name: self._sent(name) for name in sent if name in self._inputs or name not in received}
        return parts | {name: self._sent(name) for name in sorted(self._in_parameters - parts.keys())}

    def _split(self) -> set[str]:
        """Return the names of the types that are received in another shape than they are sent in."""
        both = self._reached(self._requests) & self._reached(self._replies)
        split = {name for name in both if self._shape(name, sent=True) != self._shape(name, sent=False)}
        while more := {name for name in both - split if split & set(_references(self._found[name]))}:
            split |= more
        return split

    def _reached(self, kinds: Iterable[type[msgspec.Struct]]) -> set[str]:
        names, left = set[str](), [kind.__name__ for kind in kinds]
        while left:
            name = left.pop()
            if name not in names:
                names.add(name)
                left += _references(self._found[name])
        return names

    def _received(self, name: str) -> Json:
        schema = self._shape(name, sent=False)
        text = msgspec.json.encode(schema).decode()
        for split in self._inputs:
            text = text.replace(f'"{REF}{split}"', f'"{REF}{split}Input"')
        renamed: Json = msgspec.json.decode(text)
        return renamed | ({"title": f"{name}Input"} if name in self._inputs else {})

    def _sent(self, name: str) -> Json:
        return self._shape(name, sent=True)

    def _shape(self, name: str, *, sent: bool) -> Json:
        """Return the schema of a component, as it is sent or received."""
        schema = {**self._found[name]}
        term = self._vocabulary.get(name)
        if term is not None:
            schema |= {"description": term.description}
        if "description" in schema:
            schema["description"] = _paragraphs(schema["description"])
        if "properties" not in schema:
            return schema
        properties = {}
        for field, inner in schema["properties"].items():
            worded = self._worded(name, field, inner)
            default = worded.pop("default", None)
            if (not sent or self._may_omit(name)) and default not in (None, []):
                worded["description"] = f"{worded.get('description', '')}. Default: `{json.dumps(default)}`".lstrip(
                    ". "
                )
            properties[field] = worded
        schema["properties"] = properties
        if sent and name in self._structs:
            always = _always_sent(self._structs[name])
            schema["required"] = [field for field in properties if field in schema["required"] or field in always]
        return schema

    def _may_omit(self, name: str) -> bool:
        """Return whether a struct leaves out the fields that have their defaults."""
        return name in self._structs and self._structs[name].cls.__struct_config__.omit_defaults

    def _worded(self, owner: str, name: str, schema: Json) -> Json:
        """Return the schema of a property, with what its type or the vocabulary says of it."""
        schema = _raised(schema)
        own, general = self._vocabulary.get(f"{owner}.{name}"), self._vocabulary.get(name)
        term = own or general
        if term is None:
            return schema
        if own is not None or "description" not in schema:
            schema["description"] = term.description
        if term.example is not msgspec.UNSET and (own is not None or "examples" not in schema):
            schema["examples"] = [term.example]
        return _formatted(schema, term) if term.format else schema

    def _renamed(self, schema: Any, *, inside: bool = False) -> Any:
        """Return a schema with references in place of what has a name; `inside` leaves the schema itself."""
        if isinstance(schema, list):
            return [self._renamed(one) for one in schema]
        if not isinstance(schema, dict):
            return schema
        name = None if inside else self._names.get(_key(schema))
        if name is not None:
            notes = {note: schema[note] for note in ("description", "examples", "default") if note in schema}
            return {"$ref": REF + name, **notes}
        values = schema.get("enum", [])
        if values and all(isinstance(one, str) for one in values):
            schema = {"type": "string", **schema}
            if len(values) == 1:
                schema = {"const": values[0], **{key: value for key, value in schema.items() if key != "enum"}}
        return {key: value if key in ("examples", "default") else self._renamed(value) for key, value in schema.items()}


def example_of(schema: Json, components: Json) -> Any:
    """Return an example of a schema, from those of its parts. Properties without one are left out."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "$ref" in schema:
        return example_of(components[schema["$ref"].removeprefix(REF)], components)
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema:
        found = {name: example_of(one, components) for name, one in schema["properties"].items()}
        return {name: value for name, value in found.items() if value is not msgspec.UNSET}
    if schema.get("type") == "array":
        item = example_of(schema["items"], components)
        return [] if item is msgspec.UNSET else [item]
    if schema.get("type") == "boolean":
        return True
    branches = [example_of(one, components) for one in schema.get("anyOf", [])]
    return next((one for one in branches if one is not msgspec.UNSET), msgspec.UNSET)


def _structs(kinds: list[type[msgspec.Struct]]) -> Iterator[types.StructType]:
    """Yield every struct that types hold, with itself. Types hold no cycles."""
    left: list[object] = list(types.multi_type_info(kinds))
    while left:
        one = left.pop()
        if isinstance(one, types.StructType):
            yield one
            left += [field.type for field in one.fields]
        elif isinstance(one, types.UnionType):
            left += one.types
        elif isinstance(one, types.Metadata):
            left.append(one.type)
        elif isinstance(one, types.ListType):
            left.append(one.item_type)
        elif isinstance(one, types.DictType):
            left.append(one.value_type)


def _always_sent(struct: types.StructType) -> set[str]:
    """Return the fields that a struct has in JSON, whatever their values."""
    if struct.cls.__struct_config__.omit_defaults:
        return set()
    return {field.encode_name for field in struct.fields if field.required or _has_value(field)}


def _has_value(field: types.Field) -> bool:
    """Return whether a field has a value if nothing gives it one. A field that is then unset has none."""
    return field.default not in (msgspec.NODEFAULT, msgspec.UNSET) or field.default_factory is not msgspec.NODEFAULT


def _references(schema: object) -> list[str]:
    """Return the names that a schema refers to."""
    if isinstance(schema, list):
        return [name for one in schema for name in _references(one)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"].removeprefix(REF)] if "$ref" in schema else []
    return own + [name for one in schema.values() for name in _references(one)]


def _key(schema: Json) -> str:
    """Return what a schema allows, as a text."""
    return json.dumps({key: value for key, value in schema.items() if key not in NOTES}, sort_keys=True)


def _placed(schema: Any) -> Any:
    """Return a schema whose constraints of texts and of objects stand in the branches that they are for."""
    if isinstance(schema, list):
        return [_placed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: _placed(value) for key, value in schema.items()}
    kinds = {one.get("type"): one for one in schema.get("anyOf", [])}
    if not {"string", "object"} <= kinds.keys():
        return schema
    text, parts = ({key: schema[key] for key in schema if key in keys} for keys in (_TEXT, _OBJECT))
    branches = [kinds["string"] | text, kinds["object"] | parts, *([{"type": "null"}] if "null" in kinds else [])]
    return {**{key: value for key, value in schema.items() if key not in {*text, *parts}}, "anyOf": branches}


def _raised(schema: Json) -> Json:
    """Return a schema that may be null with the description and the examples of what it is otherwise."""
    notes: Json = {}
    for one in schema.get("anyOf", []):
        notes |= {note: one[note] for note in ("description", "examples") if note in one}
    return {**notes, **schema}


def _formatted(schema: Json, term: Term) -> Json:
    """Return a schema whose texts have the format of a term."""
    if schema.get("type") == "string":
        return {**schema, "format": term.format}
    return schema | {"anyOf": [_formatted(one, term) for one in schema["anyOf"]]} if "anyOf" in schema else schema


def _paragraphs(text: str) -> str:
    """Return a docstring with its lines joined; an empty line parts paragraphs."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n"))
