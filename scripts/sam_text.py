"""How parts of the SAM templates are written."""

from collections.abc import Iterable
from textwrap import dedent, indent
from typing import Any

Facts = dict[str, Any]

NAME = "shopkeeper-${Stage}-${Colour}"
BUCKET = "shopkeeper-${Stage}-${AWS::AccountId}-${AWS::Region}"
ARN = "arn:${AWS::Partition}:%s:${AWS::Region}:${AWS::AccountId}"
"""What the ARNs of a service begin with, in this account and region."""


def logical(name: str) -> str:
    """Return a name as CloudFormation takes it for a logical id: `OrderExpiry` for `order-expiry`."""
    return "".join(word.capitalize() for word in "".join(c if c.isalnum() else " " for c in name).split())


def lines(given: Iterable[str]) -> str:
    """Return lines as a text."""
    return "".join(f"{line}\n" for line in given)


def block(text: str, **parts: str) -> str:
    """Return a text without its margin, each line `<name>` replaced by the part of that name."""
    filled = []
    for line in dedent(text).strip("\n").splitlines():
        name = line.strip().strip("<>")
        if line.strip() != f"<{name}>":
            filled.append(line)
        elif parts[name]:
            filled.append(indent(parts[name], line.partition("<")[0]).rstrip("\n"))
    return lines(filled)
