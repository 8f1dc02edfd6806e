"""The API docs: the locked Swagger UI, read only by who opens them, and nothing from elsewhere."""

import gzip
import re

import pytest

from shopkeeper.functions.openapi import openapi_document
from shopkeeper.pages.docs import FOLDER, docs_assets, docs_listed, docs_page, page_with_link
from shopkeeper.pages.files import OWNERS_PAGE, assets, listed, page
from tests.support.tools import NODE_MODULES, need

COPIES = ["swagger-ui-bundle.js", "swagger-ui.css"]


@pytest.mark.parametrize("name", COPIES)
def test_swagger_ui_is_the_locked_one(name: str) -> None:
    need("node")
    locked = (NODE_MODULES / "swagger-ui-dist" / name).read_bytes()
    assert gzip.decompress((FOLDER / f"{name}.gz").read_bytes()) == locked, "run `make vendor`"
    assert docs_assets()[name].plain == locked


def test_its_licenses_come_with_it() -> None:
    need("node")
    locked = NODE_MODULES / "swagger-ui-dist" / "swagger-ui-bundle.js.LICENSE.txt"
    assert (FOLDER / "LICENSES.txt").read_bytes() == locked.read_bytes()


def test_the_page_has_no_inline_code_and_names_only_files_that_are_there() -> None:
    text = docs_page().plain.decode()
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)|https?://", text)
    named = re.findall(r'(?:src|href)="/assets/([^"]+)"', text)
    assert set(named) <= {f"docs/{name}" for name in docs_assets()} | set(assets())
    assert {f"docs/{name}" for name in docs_assets()} <= set(named)


def test_the_operation_that_the_page_links_to_is_in_the_document() -> None:
    ((tag, operation),) = re.findall(r'href="#/(\w+)/(\w+)"', docs_page().plain.decode())
    found = [
        one for path in openapi_document()["paths"].values() for one in path.values() if one["operationId"] == operation
    ]
    assert [one["tags"] for one in found] == [[tag]]


def test_the_owner_s_page_leads_to_the_docs_only_where_they_are() -> None:
    link = b'<link rel="help" href="/api/docs">'
    assert page_with_link().plain.count(link) == 1
    assert link not in page(OWNERS_PAGE).plain
    assert page_with_link().plain.replace(b"  " + link + b"\n  ", b"") == page(OWNERS_PAGE).plain


def test_the_files_of_a_bucket_do_not_weigh_on_the_pages() -> None:
    assert set(listed()) & set(docs_listed("{}")) == {OWNERS_PAGE}
    assert not [name for name in listed() if "docs" in name or "swagger" in name]


def test_no_file_is_compressed_anew_that_is_compressed_already() -> None:
    for name in COPIES:
        assert docs_assets()[name].zipped == (FOLDER / f"{name}.gz").read_bytes()
