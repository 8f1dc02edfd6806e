"""The files of the pages: few, light, in both languages, and nothing but what is meant to be seen."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from package import source_files

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.declaration import Function
from shopkeeper.http import Request
from shopkeeper.http.version import has_tag
from shopkeeper.pages.files import (
    CUSTOMERS_PAGE,
    ENTRIES,
    LATER,
    OWNERS_PAGE,
    SHARED_SCRIPT,
    SHARED_STYLE,
    STATIC,
    STYLES,
    assets,
    condensed,
    page,
)
from shopkeeper.pages.headers import content_security_policy
from shopkeeper.pages.joining import joined, joined_later, modules_of
from shopkeeper.pages.negotiation import prefers_html, takes_gzip
from shopkeeper.runtime.machine.pages import sent
from tests.support.tools import NODE_MODULES, need

MOST_BYTES = {OWNERS_PAGE: 60 * 1024, CUSTOMERS_PAGE: 42 * 1024}
MOST_LATER_BYTES = 12 * 1024
MOST_SHARED_BYTES = 28 * 1024
OURS = sorted(
    path for path in STATIC.rglob("*") if path.suffix in (".js", ".css", ".html") and "vendor" not in path.parts
)
MODULES = [path for path in OURS if path.suffix == ".js"]
SHEETS = [path for path in OURS if path.suffix == ".css"]
TEXT = re.compile(r'"([\w.]+)":\s*\[\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)",?\s*\]')
TEXTS = [
    (path.name, *found) for path in sorted((STATIC / "words").iterdir()) for found in TEXT.findall(path.read_text())
]
SOURCE = "\n".join(path.read_text() for path in MODULES if path.parent.name != "words")

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(("name", "most"), MOST_BYTES.items())
def test_a_page_with_all_that_it_loads_is_light(name: str, most: int) -> None:
    loaded = re.findall(r'(?:src|href)="/assets/([^"]+)"', page(name).plain.decode())
    assert sum(len(file.zipped) for file in (page(name), *(assets()[one] for one in loaded))) < most


def test_what_a_page_loads_later_is_light() -> None:
    """What the first load of the page has not: the view that is opened, and its style sheet."""
    later = (*LATER, "traffic.css")
    assert sum(len(assets()[name].zipped) for name in later) < MOST_LATER_BYTES
    shared = (SHARED_SCRIPT, SHARED_STYLE)
    assert sum(len(assets()[name].zipped) for name in shared) < MOST_SHARED_BYTES


def test_the_one_library_is_the_locked_one() -> None:
    locked = NODE_MODULES / "htm" / "preact" / "standalone.module.js"
    need("node")
    assert (STATIC / "vendor" / "preact.js").read_bytes() == locked.read_bytes(), "run `make vendor`"


def test_every_module_is_listed_and_nothing_else() -> None:
    names = {str(path.relative_to(STATIC)) for path in OURS if path.suffix != ".html"}
    assert set(assets()) == names | {"vendor/preact.js", "icon.svg"}


@pytest.mark.parametrize("file", MODULES + SHEETS, ids=lambda path: str(path.relative_to(STATIC)))
def test_a_module_or_a_style_sheet_is_short(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 400


def test_a_page_loads_one_style_sheet_with_all_that_it_imports_and_every_one_is_needed() -> None:
    for name, entry in STYLES.items():
        assert re.findall(r'<link rel="stylesheet" href="([^"]+)"', page(name).plain.decode()) == [f"/assets/{entry}"]
    entries = (*STYLES.values(), SHARED_STYLE)
    needed = set(entries)
    for entry in entries:
        imported = re.findall(r'@import "([^"]+)"', (STATIC / entry).read_text())
        # A sheet is sent as it stands in the page's own, and the order of sheets is that of the imports.
        assert assets()[entry].plain == b"\n" + b"".join(assets()[one].plain for one in imported)
        needed.update(imported)
    assert needed == {path.name for path in SHEETS}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(STATIC)))
def test_a_module_imports_only_what_is_served(module: Path) -> None:
    text = module.read_text()
    for name in re.findall(r'from "([^"]+)"', text):
        target = (module.parent / name).resolve()
        assert str(target.relative_to(STATIC)) in assets()


@pytest.mark.parametrize("name", [OWNERS_PAGE, CUSTOMERS_PAGE])
def test_a_page_has_no_inline_code_and_names_only_files_that_are_there(name: str) -> None:
    text = page(name).plain.decode()
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", text)
    named = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert {one.removeprefix("/assets/") for one in named} <= set(assets())


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: str(function.name))
def test_no_package_of_lambda_holds_the_pages(function: Function) -> None:
    assert [name for name in source_files(function.name) if "pages" in name or "setup" in name] == []


def test_no_file_names_another_site() -> None:
    for path in OURS:
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", path.read_text()), path


def test_each_text_is_in_both_languages_under_one_key() -> None:
    keys = [key for _, key, _, _ in TEXTS]
    written = re.findall(
        r'^ {2}"[\w.]+": \[', "\n".join((STATIC / "words" / name).read_text() for name in {n for n, *_ in TEXTS}), re.M
    )
    assert len(keys) == len(written) > 50
    assert [key for key, number in Counter(keys).items() if number > 1] == []
    for _, key, english, german in TEXTS:
        assert english.strip(), key
        assert german.strip(), key
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", german)), key


def test_every_table_of_texts_is_used_and_so_is_every_text() -> None:
    for name in {name for name, *_ in TEXTS}:
        assert f'from "./words/{name}"' in SOURCE or f'from "./{name}"' in (STATIC / "words" / "owner.js").read_text()
    for _, key, _, _ in TEXTS:
        family = key.rpartition(".")[0] + "."
        assert f'"{key}"' in SOURCE or f"`{family}${{" in SOURCE, f"nothing shows {key}"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("text/html, */*;q=0.9", True),
        ("text/html;q=0.5, application/json;q=0.4", True),
        ("TEXT/HTML", True),
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("application/json, text/html;q=0.9", False),
        ("application/json, text/plain, */*", False),
        ("text/html, application/json", False),
        ("text/html;q=0", False),
        ("text/html;q=much", False),
        ("text/*", False),
        ("text/htmlx", False),
    ],
)
def test_only_who_prefers_a_page_gets_one(accept: str, wanted: bool) -> None:
    assert prefers_html(accept) is wanted


@pytest.mark.parametrize(
    ("coding", "taken"),
    [("gzip, deflate, br", True), ("gzip;q=0", False), ("", False), ("br", False), ("*", True), ("*, gzip;q=0", False)],
)
def test_only_who_takes_gzip_gets_it(coding: str, taken: bool) -> None:
    assert takes_gzip(coding) is taken


@pytest.mark.parametrize(
    ("field", "has"),
    [('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ("", False), ('"b"', False), ("a", False)],
)
def test_a_client_that_has_the_tag_has_the_file(field: str, has: bool) -> None:
    assert has_tag(field, '"a"') is has


def test_the_compressed_form_has_a_tag_of_its_own() -> None:
    file = assets()["main.js"]
    plain, zipped = (
        sent(file, Request("GET", "/", (), "id", headers={"accept-encoding": coding})) for coding in ("", "gzip")
    )
    assert plain.headers["ETag"] != zipped.headers["ETag"]
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"


def test_the_policy_permits_nothing_inline() -> None:
    assert "unsafe" not in content_security_policy()
    assert "default-src 'none'" in content_security_policy()


def test_comments_stay_at_home_and_code_does_not() -> None:
    text = (
        '// A\n/** B\n * // C */\n/** @type {D} */\nlet d = "// E"; // F\n  // G\n/** @type {H} */ (d);\n/* I */ d;\n'
    )
    assert condensed(text) == 'let d = "// E"; // F\n(d);\n/* I */ d;\n'
    assert all(b"@typedef" not in file.plain for file in assets().values())


def test_a_page_loads_one_script_with_all_that_it_needs_and_every_module_is_needed() -> None:
    owners, customers = (set(modules_of(STATIC, entry)) for entry in ENTRIES.values())
    others = {module for name in (*LATER, SHARED_SCRIPT) for module in modules_of(STATIC, name)}
    assert owners | customers | others == {str(path.relative_to(STATIC)) for path in MODULES} | {"vendor/preact.js"}
    assert not [name for name in owners if name.startswith("traffic/")], "they are loaded later"
    assert "shop.js" not in owners
    assert "main.js" not in customers
    shared = [name for name in owners & customers if name.startswith(("views/", "shop/", "words/"))]
    assert sorted(shared) == ["words/common.js", "words/errors.js"]
    for name, entry in ENTRIES.items():
        assert re.findall(r'<script [^>]*src="([^"]+)"', page(name).plain.decode()) == [f"/assets/{entry}"]
        assert not re.search(rb"^import\b", assets()[entry].plain, re.MULTILINE)


def test_joined_modules_do_what_they_did(tmp_path: Path) -> None:
    need("node")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "one.js").write_text(
        "export const a = 1;\nconst hidden = 1;\nexport function f() {\n  return hidden;\n}\n"
    )
    (tmp_path / "two.js").write_text(
        'export { f as g } from "./parts/one.js";\nexport class B {}\nconst hidden = 2;\nvoid hidden;\n'
    )
    (tmp_path / "main.js").write_text(
        'import "./two.js";\nimport {\n  a as x,\n} from "./parts/one.js";\nimport { B, g } from "./two.js";\n'
        "const hidden = 3;\nconsole.log(x, g(), typeof B, hidden);\n"
    )
    script = joined(tmp_path, "main.js")
    done = subprocess.run(["node", "--input-type=module", "-e", script], capture_output=True, text=True, check=True)
    assert done.stdout == "1 1 function 3\n"


def test_a_module_that_is_imported_later_shares_the_state_of_the_page(tmp_path: Path) -> None:
    need("node")
    (tmp_path / "views").mkdir()
    (tmp_path / "state.js").write_text("export const state = { count: 1 };\n")
    (tmp_path / "more.js").write_text("export const more = 10;\n")
    (tmp_path / "views" / "late.js").write_text(
        'import { more } from "../more.js";\nimport { state } from "../state.js";\n'
        "export function counted() {\n  return state.count + more;\n}\n"
    )
    (tmp_path / "main.js").write_text(
        'import { state } from "./state.js";\nstate.count = 2;\n'
        'const late = () => import("./views/late.js");\nlate().then(({ counted }) => console.log(counted()));\n'
    )
    out = tmp_path / "out"
    (out / "views").mkdir(parents=True)
    (out / "package.json").write_text('{"type": "module"}')
    (out / "main.js").write_text(joined(tmp_path, "main.js", ["views/late.js"]))
    (out / "views" / "late.js").write_text(joined_later(tmp_path, "views/late.js", "main.js"))
    done = subprocess.run(["node", out / "main.js"], capture_output=True, text=True, check=True)
    assert done.stdout == "12\n"


@pytest.mark.parametrize(
    "form", ["export let a = 1;", "export default 1;", 'import * as a from "./b.js";', 'export * from "./b.js";']
)
def test_a_form_that_cannot_be_joined_is_refused(form: str, tmp_path: Path) -> None:
    (tmp_path / "b.js").write_text("")
    (tmp_path / "main.js").write_text(form + "\n")
    with pytest.raises(ValueError, match=r"main\.js: this form is not known"):
        joined(tmp_path, "main.js")
