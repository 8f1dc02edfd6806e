"""As much of the AWS CLI as the documents use: an operation of a service with its parameters, by botocore's models."""

import json
import sys
from pathlib import Path
from typing import Any

import boto3
import jmespath  # type: ignore[import-untyped]  # botocore brings it, and it has no types
from botocore import xform_name


class Misused(Exception):
    """A command that the AWS CLI would refuse."""


def main(service: str, operation: str, *options: str) -> None:
    """Do an operation and print its answer."""
    client = boto3.client(service)
    names = {xform_name(name, "-"): name for name in client.meta.service_model.operation_names}
    if operation not in names:
        raise Misused(f"{service} has no operation {operation}")
    shape = client.meta.service_model.operation_model(names[operation]).input_shape
    members = {xform_name(name, "-"): name for name in shape.members} if shape else {}
    given = dict(zip(options[::2], options[1::2], strict=True))
    query, output = given.pop("--query", None), given.pop("--output", "json")
    wrong = [option for option in given if option.removeprefix("--") not in members]
    if wrong:
        raise Misused(f"{service} {operation} has no {', '.join(wrong)}")
    parameters = {
        members[option.removeprefix("--")]: _value(shape.members[members[option.removeprefix("--")]].type_name, text)
        for option, text in given.items()
    }
    answer: Any = getattr(client, xform_name(names[operation]))(**parameters)
    answer.pop("ResponseMetadata", None)
    found = jmespath.search(query, answer) if query else answer
    print(found if output == "text" else json.dumps(found, default=str))


def _value(kind: str, text: str) -> Any:
    if text.startswith("file://"):
        text = Path(text.removeprefix("file://")).read_text()
    if kind in ("structure", "list", "map", "boolean", "integer"):
        return json.loads(text)
    return text


if __name__ == "__main__":
    main(*sys.argv[1:])
