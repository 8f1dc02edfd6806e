"""The recipes that run without a browser: with curl, Node.js and Python, against a server with new data."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.http import send
from tests.support.processes import Shopkeeper, clean_environment, shopkeeper
from tests.support.recipes import ADDRESS, filled, recipe, sections
from tests.support.shop import Owner
from tests.support.tools import need

RUN_HERE = {("curl", "bash"), ("Webhooks", "bash"), ("Next.js", "js"), ("Python", "python")}
RUN_IN_A_BROWSER = {
    ("Plain JavaScript", "html"),
    ("Visitors in depth", "html"),
    ("Hugo and other static sites", "html"),
}


@pytest.fixture(scope="module")
def shop(server: Shopkeeper) -> Owner:
    """An owner whose business has an item."""
    owner = Owner(server.url)
    owner.add()
    return owner


@pytest.fixture
def item_id(shop: Owner) -> str:
    """The id of that item."""
    return str(send(shop.url, "GET", f"/api/items?business_id={shop.business_id}").json["items"][0]["item_id"])


def run(command: list[str], folder: Path, **variables: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=clean_environment(**variables), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_recipe_is_run_somewhere() -> None:
    found = {(heading, language) for heading, blocks in sections().items() for language, _ in blocks}
    assert found == RUN_HERE | RUN_IN_A_BROWSER


def test_the_recipe_with_curl_counts_reads_orders_and_follows(shop: Owner, item_id: str, tmp_path: Path) -> None:
    need("curl")
    script = filled(recipe("curl", "bash"), shop, item_id)
    counted, items, order = json_documents(run(["bash", "-euc", script], tmp_path))
    assert counted["count"] >= 1
    assert [item["item_id"] for item in items["items"]] == [item_id]
    assert (order["status"], order["total_minor"]) == ("received", 500)
    *_, again = json_documents(run(["bash", "-euc", script], tmp_path))
    assert again["order_id"] == order["order_id"]


def json_documents(text: str) -> Iterator[dict[str, Any]]:
    """Yield JSON documents that stand one after the other."""
    decoder = json.JSONDecoder()
    while text := text.strip():
        document, end = decoder.raw_decode(text)
        yield document
        text = text[end:]


def test_the_recipe_in_python_places_an_order(shop: Owner, tmp_path: Path) -> None:
    script = filled(recipe("Python", "python"), shop)
    assert run([sys.executable, "-c", script], tmp_path) == "received 250 EUR\n"


def test_the_recipe_in_python_names_the_code_of_an_error(shop: Owner, tmp_path: Path) -> None:
    script = filled(recipe("Python", "python"), shop).replace('"quantity": 1', '"quantity": 0')
    with pytest.raises(AssertionError, match=r"RuntimeError: (validation_failed|invalid\w*)"):
        run([sys.executable, "-c", script], tmp_path)


def test_the_recipe_for_next_passes_the_api_on_and_reads_the_catalogue(shop: Owner, tmp_path: Path) -> None:
    node = need("node")
    (tmp_path / "next.config.mjs").write_text(recipe("Next.js", "js"))
    (tmp_path / "page.mjs").write_text(filled(recipe("Next.js", "js", 1), shop))
    script = (
        'import config from "./next.config.mjs"; import { readItems } from "./page.mjs";'
        "console.log(JSON.stringify([await config.rewrites(), await readItems()]));"
    )
    (tmp_path / "try.mjs").write_text(script)
    rewrites, items = json.loads(run([node, "try.mjs"], tmp_path, API_URL=shop.url))
    assert rewrites == [{"source": path, "destination": shop.url + path} for path in ("/api/:path*", "/counter/:path*")]
    assert [item["name"] for item in items] == ["Espresso"]
    assert ADDRESS in (tmp_path / "next.config.mjs").read_text()


def test_the_recipe_for_webhooks_makes_one_with_a_secret(shop: Owner, tmp_path: Path) -> None:
    need("curl")
    script = filled(recipe("Webhooks", "bash"), shop)
    (made,) = json_documents(run(["bash", "-euc", script], tmp_path, TOKEN=shop.tokens["access_token"]))
    assert str(made["secret"]).startswith("whsec_")
    assert made["kinds"] == ["order.received"]


def test_an_unknown_path_is_what_the_recipes_say(server: Shopkeeper, tmp_path: Path) -> None:
    unknown = send(server.url, "GET", "/api/itmes")
    assert (unknown.status, unknown.json) == (403, {"message": "Missing Authentication Token"})
    with shopkeeper(tmp_path / "plain.db", {"UNKNOWN_PATHS": "plain"}) as plain:
        assert send(plain.url, "GET", "/api/itmes").status == 404
        assert send(plain.url, "PUT", "/counter").status == 405
