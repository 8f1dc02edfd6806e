"""The OpenAPI document and the server hold each other to what they say, for generated requests good and bad."""

import json
import os
import subprocess
import sys
from pathlib import Path

from shopkeeper.functions.all import ON_ONE_MACHINE
from tests.support.http import send
from tests.support.processes import Shopkeeper

EXAMPLES = "12"
"""For each operation, beside all its boundaries; tests/unit asks hypothesis for more of bodies, parameters and cursors.
SCHEMATHESIS_EXAMPLES tries more."""

SEED = "20261121"
"""Fixed, so that what passed here passes everywhere; SCHEMATHESIS_SEED tries another."""

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXCLUDED = "unsupported_method"
"""It demands a 405, where API Gateway, and so the one-machine server, answers 403."""


def documented(server: Shopkeeper, folder: Path) -> Path:
    """Write what the server documents, with two things that a test by machine must know beside it.

    The gateway's 403 answers where a value of a path is empty or has a slash, for that makes another path. An address
    that browsers take for an email address (the WHATWG's pattern) need not be one of RFC 5321, which the format means.
    """
    document = json.loads(
        send(server.url, "GET", "/openapi.json").body.replace(b'"format": "email"', b'"x-format": "email"')
    )
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/GatewayError"}}}
    for methods in document["paths"].values():
        for method, operation in methods.items():
            response = operation["responses"].setdefault("403", {"description": "Refused by the gateway"})
            if method != "head":
                response["content"] = response.get("content", {}) | refusal
    path = folder / "openapi.json"
    path.write_text(json.dumps(document))
    return path


def test_schemathesis_finds_nothing(server: Shopkeeper, tmp_path: Path) -> None:
    examples = os.environ.get("SCHEMATHESIS_EXAMPLES", EXAMPLES)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
            *("run", str(documented(server, tmp_path)), "--url", server.url),
            *("--checks", "all", "--exclude-checks", EXCLUDED, "--max-examples", examples, "--mode", "all"),
            *("--seed", os.environ.get("SCHEMATHESIS_SEED", SEED), "--no-color", "--continue-on-failure"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
    total = sum(len(endpoint.methods) for function in ON_ONE_MACHINE for endpoint in function.endpoints)
    assert f"{total} selected / {total} total" in done.stdout
    assert "❌" not in done.stdout


def test_a_method_that_is_not_declared_gets_the_gateways_403(server: Shopkeeper) -> None:
    for method in ("PUT", "PATCH", "DELETE", "HEAD", "TRACE"):
        answer = send(server.url, method, "/counter")
        assert answer.status == 403
        assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
        assert method == "HEAD" or answer.json == {"message": "Missing Authentication Token"}
