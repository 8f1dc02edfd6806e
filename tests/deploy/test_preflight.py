"""The gateway's own preflight picks the origin: its Velocity template, run by an interpreter of the language."""

from pathlib import Path

import airspeed
import pytest

from tests.deploy.descriptions import NAMES, READERS
from tests.deploy.emulator import Aws
from tests.deploy.model import ORIGINS, Model

CASES = [
    ("the first origin", {"Origin": "https://shop.example"}, "https://shop.example"),
    ("the second origin", {"Origin": "https://www.example"}, "https://www.example"),
    ("a header in lower case, as HTTP/2 has it", {"origin": "https://shop.example"}, "https://shop.example"),
    ("an unknown origin", {"Origin": "https://evil.example"}, None),
    ("an origin that only begins alike", {"Origin": "https://shop.example.evil.example"}, None),
    ("an origin that differs in a dot", {"Origin": "https://shopxexample"}, None),
    ("two origins in one", {"Origin": "https://shop.example,https://www.example"}, None),
    ("no origin", {}, None),
    ("an empty origin", {"Origin": ""}, None),
    ("the origin of nobody", {"Origin": "null"}, None),
]


class Input:
    """What API Gateway calls `$input`."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers

    def params(self, name: str) -> str:
        """Return a header, by the exact case of its name."""
        return self._headers.get(name, "")


@pytest.fixture(scope="module")
def templates(aws: Aws, repository: Path) -> dict[str, str]:
    """The template of every description, in prod."""
    aws.keep_secret("prod")
    return {name: _template(READERS[name](repository, "prod", "blue", aws.environment)) for name in NAMES}


def _template(model: Model) -> str:
    (only,) = {str(preflight["template"]["application/json"]) for preflight in model["preflights"].values()}
    return only


@pytest.mark.step("agrees")
@pytest.mark.parametrize(("case", "headers", "allowed"), CASES, ids=[case for case, *_ in CASES])
@pytest.mark.parametrize("description", NAMES)
def test_an_origin_gets_its_own_permission_or_none(
    description: str, case: str, headers: dict[str, str], allowed: str | None, templates: dict[str, str]
) -> None:
    assert ORIGINS["prod"] == "https://shop.example,https://www.example"
    override: dict[str, str] = {}
    # The interpreter reads no hyphen in a name; API Gateway does.
    template = templates[description].replace("header.Access-Control-Allow-Origin", "header.allowed")
    names = {"input": Input(headers), "context": {"responseOverride": {"header": override}}}
    body = airspeed.Template(template).merge(names)
    assert override.get("allowed") == allowed
    assert body.strip() == ""
