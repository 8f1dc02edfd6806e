"""The gateway's own preflight picks the origin: its Velocity template, run by an interpreter of the language."""

import re
from pathlib import Path

import airspeed
import pytest

from shopkeeper.http import CorsPolicy
from tests.deploy.descriptions import NAMES, READERS
from tests.deploy.emulator import Aws
from tests.deploy.model import ORIGINS, Model

STAGES = ("prod", "dev")

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


LOCAL_CASES = [
    ("Next.js", {"Origin": "http://localhost:3000"}, "http://localhost:3000"),
    ("Vite, as HTTP/2 has it", {"origin": "http://127.0.0.1:5173"}, "http://127.0.0.1:5173"),
    ("IPv6 with TLS", {"Origin": "https://[::1]:8443"}, "https://[::1]:8443"),
    ("no port", {"Origin": "http://localhost"}, "http://localhost"),
    ("a host that begins alike", {"Origin": "http://localhost.evil.example"}, None),
    ("a port that is none", {"Origin": "http://localhost:3000.evil.example"}, None),
    ("another host", {"Origin": "https://shop.example"}, None),
    ("a dot that is none", {"Origin": "http://127a0b0c1:5173"}, None),
    ("no origin", {}, None),
    ("an empty origin", {"Origin": ""}, None),
    ("the origin of nobody", {"Origin": "null"}, None),
]


class Text(str):
    """A text as Velocity has it: Java's."""

    __slots__ = ()

    def replace(self, old: str, new: str) -> "Text":  # type: ignore[override]  # Java's has no count
        """Return the text with every `old` replaced."""
        return Text(super().replace(old, new))

    def matches(self, pattern: str) -> bool:
        """Tell whether all of it fits a pattern."""
        return re.fullmatch(pattern, self) is not None


class Input:
    """What API Gateway calls `$input`."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers

    def params(self, name: str) -> str:
        """Return a header, by the exact case of its name."""
        return Text(self._headers.get(name, ""))


@pytest.fixture(scope="module")
def templates(aws: Aws, repository: Path) -> dict[tuple[str, str], str]:
    """The template of every description, in prod and in dev."""
    for stage in STAGES:
        aws.keep_secret(stage)
    return {
        (name, stage): _template(READERS[name](repository, stage, "blue", aws.environment))
        for name in NAMES
        for stage in STAGES
    }


def _template(model: Model) -> str:
    (only,) = {str(preflight["template"]["application/json"]) for preflight in model["preflights"].values()}
    return only


def picked(template: str, headers: dict[str, str]) -> str | None:
    """Return the origin that a template permits."""
    override: dict[str, str] = {}
    # The interpreter reads no hyphen in a name; API Gateway does.
    template = template.replace("header.Access-Control-Allow-Origin", "header.allowed")
    names = {"input": Input(headers), "context": {"responseOverride": {"header": override}}}
    assert airspeed.Template(template).merge(names).strip() == ""
    return override.get("allowed")


@pytest.mark.step("agrees")
@pytest.mark.parametrize(("case", "headers", "allowed"), CASES, ids=[case for case, *_ in CASES])
@pytest.mark.parametrize("description", NAMES)
def test_an_origin_gets_its_own_permission_or_none(
    description: str, case: str, headers: dict[str, str], allowed: str | None, templates: dict[tuple[str, str], str]
) -> None:
    assert ORIGINS["prod"] == "https://shop.example,https://www.example"
    assert picked(templates[description, "prod"], headers) == allowed


@pytest.mark.step("agrees")
@pytest.mark.parametrize(("case", "headers", "allowed"), LOCAL_CASES, ids=[case for case, *_ in LOCAL_CASES])
@pytest.mark.parametrize("description", NAMES)
def test_in_dev_every_port_of_localhost_gets_its_permission_and_elsewhere_none(
    description: str, case: str, headers: dict[str, str], allowed: str | None, templates: dict[tuple[str, str], str]
) -> None:
    assert picked(templates[description, "dev"], headers) == allowed
    if "https://shop.example" not in headers.values():
        assert picked(templates[description, "prod"], headers) is None
    assert "localhost" not in templates[description, "prod"]


@pytest.mark.step("agrees")
@pytest.mark.parametrize(("case", "headers", "allowed"), LOCAL_CASES, ids=[case for case, *_ in LOCAL_CASES])
def test_the_gateway_and_the_code_permit_the_same_local_origins(
    case: str, headers: dict[str, str], allowed: str | None
) -> None:
    for origin in headers.values():
        assert CorsPolicy(local=True).permits(origin) == (allowed == origin)
