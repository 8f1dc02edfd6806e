"""The npm package of the TypeScript client: what is in it, and that projects and edge runtimes can use it alone."""

import gzip
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from shopkeeper import __version__
from shopkeeper.functions.openapi import openapi_document
from tests.support.processes import Shopkeeper
from tests.support.tools import NODE_MODULES, ROOT, need
from tests.support.typescript import CLIENT, TSC, TSC_5, build, bundle, pack, run

README = CLIENT / "README.md"
MOST_BYTES = 12_000
DEPENDENCIES = ("openapi-fetch", "openapi-typescript-helpers")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EDGE = """
import { readFile } from "node:fs/promises";
import { SourceTextModule } from "node:vm";
import { EdgeVM } from "@edge-runtime/vm";

const edge = new EdgeVM({ extend: (context) => Object.assign(context, { console }) });
const program = new SourceTextModule(await readFile(process.argv[2], "utf8"), { context: edge.context });
await program.link((name) => { throw new Error(`An edge runtime has no ${name}.`); });
await program.evaluate();
console.log(edge.evaluate("[typeof EdgeRuntime, typeof process, typeof Buffer, typeof document].join()"));
"""
"""Runs a program in the edge runtime of Vercel and Next.js, which has the Web's interfaces and none of Node.js."""
NODE_MODULE = re.compile(r"""(?:from|import\(|require\()\s*["'](?:node:|fs|http|crypto|buffer|stream|util|path)""")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, as it would be published."""
    need(TSC)
    return build(tmp_path_factory.mktemp("client"))


def test_the_types_are_those_of_the_openapi_document(tmp_path: Path) -> None:
    need(NODE_MODULES / ".bin" / "openapi-typescript")
    assert json.loads((ROOT / "docs" / "openapi.json").read_text()) == openapi_document()
    run([need("node"), CLIENT / "generate.js", tmp_path / "schema.ts"], ROOT)
    assert (tmp_path / "schema.ts").read_text() == (CLIENT / "src" / "schema.ts").read_text(), "run 'make openapi'"


def test_the_versions_agree() -> None:
    package = json.loads((CLIENT / "package.json").read_text())
    tools = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    assert package["version"] == __version__
    assert package["dependencies"] == {"openapi-fetch": f"^{tools['openapi-fetch']}"}


def test_the_client_is_small_with_everything_and_needs_no_module_of_node(archive: Path, tmp_path: Path) -> None:
    bundled = bundle(archive.parent / "package" / "dist" / "index.js", tmp_path / "client.js", "--minify").read_bytes()
    assert len(gzip.compress(bundled, 9)) < MOST_BYTES
    assert not NODE_MODULE.search(bundled.decode())


def test_publint_and_arethetypeswrong_find_nothing(archive: Path) -> None:
    tools = NODE_MODULES / ".bin"
    run([tools / "publint", "run", archive, "--strict"], ROOT)
    run([tools / "attw", archive, "--profile", "esm-only", "--no-color"], ROOT)


def program(url: str) -> str:
    """Return the snippets of the README as one program, and what it must have done at the end."""
    snippets = re.findall(r"^```ts\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    now = datetime.now(UTC)
    body = '{"type": "order.accepted", "timestamp": "2026-11-21T12:00:00.000Z", "data": {"business_id": "b"}}'
    headers = {
        "webhook-id": "evt_b_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("evt_b_1", now, body),
    }
    end = f"""
const delivery = (body: string) =>
  new Request("https://shop.example/hooks", {{ method: "POST", headers: {json.dumps(headers)}, body }});
const genuine = await receive(delivery({json.dumps(body)}));
const forged = await receive(delivery("{{}}"));
console.log(JSON.stringify({{ changed: changed.version, total: placed.total_minor, orders: orders.length, seen }}));
console.log(genuine.status, forged.status);
"""
    return "".join(snippets).replace("http://127.0.0.1:8000", url) + end


@pytest.mark.parametrize("compiler", [TSC_5, TSC], ids=["typescript-5", "typescript-7"])
def test_a_project_with_nothing_else_compiles_and_runs_the_readme(
    compiler: Path, archive: Path, server: Shopkeeper, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "package.json").write_text('{"name": "project", "private": true, "type": "module"}')
    dependencies = [pack(NODE_MODULES / name, tmp_path) for name in DEPENDENCIES]
    run([need("npm"), "install", "--offline", "--no-audit", "--no-fund", archive, *dependencies], project)
    source = program(server.url).replace("zoe@", f"{compiler.parts[-3]}@")
    (project / "main.ts").write_text(source)
    run([compiler, "--init"], project)
    run([compiler, "--project", "."], project)
    assert_done(run([need("node"), "main.js"], project).splitlines())


def test_an_edge_runtime_runs_the_readme(archive: Path, server: Shopkeeper, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    (tmp_path / "main.ts").write_text(program(server.url).replace("zoe@", "edge@"))
    client = archive.parent / "package" / "dist" / "index.js"
    bundle(tmp_path / "main.ts", tmp_path / "main.js", f"--alias:@shopkeeper/client={client}")
    (tmp_path / "edge.mjs").write_text(EDGE)
    options = ("--no-warnings", "--experimental-vm-modules")
    *said, globals_ = run([need("node"), *options, "edge.mjs", "main.js"], tmp_path).splitlines()
    assert globals_ == "string,undefined,undefined,undefined"
    assert_done(said)


def assert_done(said: list[str]) -> None:
    """Check what the program of the README printed."""
    seen = [f"order.{status}" for status in ("accepted", "preparing", "ready", "completed")]
    assert json.loads(said[-2]) == {"changed": 2, "total": 560, "orders": 1, "seen": seen}
    assert said[-1] == "204 400"
    assert "It was changed meanwhile." in said
