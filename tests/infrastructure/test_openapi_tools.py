"""What judges and reads the OpenAPI document elsewhere finds nothing wrong with it, in its default settings."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.functions.openapi import openapi_document, openapi_json
from tests.support.tools import NODE_MODULES, ROOT, need

PYTHON_CLIENT = ROOT / ".venv-python-client" / "bin"
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}

USE = """
import type { paths, components } from './schema';

type Schemas = components['schemas'];
type Responses = paths['/api/businesses/{business_id}/orders']['post']['responses'];
type Refused = Responses[409]['content']['application/problem+json'];

export const order: Schemas['NewOrder'] = {
  customer: { name: 'Ann Example', phone: '+14155550123' },
  lines: [{ item_id: 'a', quantity: 2 }],
};
export const item: Schemas['NewItem'] = { business_id: 'a', name: 'Tea', price_minor: 100, currency: 'EUR' };

/** Says what a customer is told. */
export function told(error: Refused): string {
  switch (error.code) {
    case 'total_differs':
      return `It costs ${error.total_minor.toFixed(0)} now.`;
    case 'paused':
      return `No orders before ${error.paused_until.toUpperCase()}.`;
    case 'closed':
      return error.opens_at ?? 'Closed.';
    case 'not_accepting_orders':
      return error.detail;
  }
}

/** Reads what is always sent without a check. */
export function shown(placed: Responses[201]['content']['application/json']): string {
  return placed.order_token + placed.lines.map((line) => line.name).join() + placed.history.length.toFixed(0);
}
"""
"""A program of a site: required and optional fields, codes that tell errors apart, and none that is forgotten."""


READ = """
from uuid import uuid4

import httpx
from client import Client
from client.api.orders import place_order

told = {"title": "Conflict", "status": 409, "code": "closed", "detail": "Closed."}
answer = httpx.Response(409, json=told | {"requestId": str(uuid4())})
print(type(place_order._parse_response(client=Client(base_url="http://shop.example"), response=answer)).__name__)
"""
"""A program with the generated client: which class an error becomes."""


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the document in an empty folder."""
    path = tmp_path_factory.mktemp("openapi") / "openapi.json"
    path.write_text(openapi_json())
    return path


def run(folder: Path, *command: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [need(command[0]), *command[1:]],
        cwd=folder,
        env={**os.environ, **QUIET, **(env or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def node(name: str) -> str:
    return str(NODE_MODULES / ".bin" / name)


def test_redocly_finds_no_error_and_no_warning(document: Path) -> None:
    options = ("--extends", "recommended", "--format", "json")
    done = run(document.parent, node("redocly"), "lint", document.name, *options)
    problems = [(one["ruleId"], one["message"]) for one in json.loads(done.stdout)["problems"]]
    assert problems == []
    assert done.returncode == 0


def test_spectral_finds_nothing(document: Path) -> None:
    (document.parent / "ruleset.yaml").write_text('extends: ["spectral:oas"]\n')
    options = ("--ruleset", "ruleset.yaml", "--format", "json", "--fail-severity", "hint")
    done = run(document.parent, node("spectral"), "lint", document.name, *options)
    found, _ = json.JSONDecoder().raw_decode(done.stdout)
    assert [(one["code"], one["message"], one["path"]) for one in found] == []
    assert done.returncode == 0, done.stderr


def test_types_for_typescript_compile_and_tell_errors_apart(document: Path) -> None:
    made = run(document.parent, node("openapi-typescript"), document.name, "--output", "schema.d.ts")
    assert made.returncode == 0, made.stdout + made.stderr
    (document.parent / "use.ts").write_text(USE)
    options = ("--strict", "--noEmit", "--skipLibCheck", "false", "--target", "es2022", "--module", "nodenext")
    done = run(document.parent, node("tsc"), *options, "schema.d.ts", "use.ts")
    assert done.stdout == ""
    assert done.returncode == 0


def test_a_client_for_python_is_generated_without_a_warning_and_with_one_model_for_each_shape(document: Path) -> None:
    path = {"PATH": f"{PYTHON_CLIENT}{os.pathsep}{os.environ['PATH']}"}  # it formats with the ruff beside it
    config = ROOT / "clients" / "openapi-python-client.yaml"
    options = ["--path", document.name, "--output-path", "client", "--meta", "none", "--fail-on-warning"]
    options += ["--config", str(config)]
    done = run(document.parent, str(PYTHON_CLIENT / "openapi-python-client"), "generate", *options, env=path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "arning" not in done.stdout
    models = [path.read_text() for path in sorted((document.parent / "client" / "models").glob("[a-z]*.py"))]
    fields = [told(text) for text in models]
    assert len(models) > 100
    assert sorted({one for one in fields if one and fields.count(one) > 1}) == []
    read = run(document.parent, str(PYTHON_CLIENT / "python"), "-c", READ, env={"PYTHONPATH": str(document.parent)})
    assert read.stdout == "ClosedProblem\n", read.stderr


def told(model: str) -> str:
    """Return what a generated model declares: the fields of a class or the values of an enumeration."""
    lines = [line for line in model.splitlines() if line.startswith("    ") and not line.startswith("     ")]
    named = [line for line in lines if " = " in line or (": " in line and "def " not in line)]
    return "\n".join(line for line in named if "additional_properties" not in line)


def test_the_document_names_its_servers_and_whom_to_ask() -> None:
    document: dict[str, Any] = openapi_document()
    assert document["servers"][0]["url"] == "/"
    assert document["info"]["contact"]
    assert document["info"]["license"]["identifier"] == "MIT"
