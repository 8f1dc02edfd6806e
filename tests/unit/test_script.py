"""The script as it is served: small, minified from what stands beside it, with the path of hits in it, and kept."""

import gzip
import re
import subprocess

from shopkeeper.domains.traffic.script import MINIFIED, PLACE, read_script
from shopkeeper.runtime.lambda_.answers import answered
from shopkeeper.runtime.lambda_.events import read_http
from shopkeeper.storage import Store
from tests.support.application import Shop, whole
from tests.support.tools import NODE_MODULES, ROOT, need
from tests.unit.test_lambda import proxy

MOST_BYTES, MOST_ZIPPED = 1500, 850
READABLE = MINIFIED.with_name("shop.js")
TERSER = NODE_MODULES / ".bin" / "terser"


def test_it_is_small() -> None:
    body = read_script("/hit").body
    assert len(body) <= MOST_BYTES
    assert len(gzip.compress(body, 9, mtime=0)) <= MOST_ZIPPED


def test_it_is_what_stands_beside_it_minified() -> None:
    need(str(TERSER))
    options = re.search(r"^MINIFY := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert options is not None
    done = subprocess.run([TERSER, READABLE, *options[1].split()], capture_output=True, check=True)
    assert done.stdout.strip() == MINIFIED.read_bytes().strip(), "run `make script`"


def test_the_path_of_hits_is_in_it_once_and_relative_to_the_script() -> None:
    assert MINIFIED.read_bytes().count(PLACE) == 1
    assert b'new URL("seen",' in read_script("/seen").body
    assert PLACE not in read_script("/seen").body


def test_its_path_is_that_of_the_setting(store: Store) -> None:
    assert b'new URL("hit",' in whole(Shop(store).ask("GET", "/shop.js"))
    assert b'new URL("seen",' in whole(Shop(store, HIT_PATH="/seen").ask("GET", "/shop.js"))


def test_it_is_kept_for_a_day_and_may_be_loaded_by_any_site(store: Store) -> None:
    answer = Shop(store).ask("GET", "/shop.js")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.metrics == {}


def test_who_has_it_already_is_told_so_until_it_is_another(store: Store) -> None:
    shop = Shop(store)
    tag = shop.ask("GET", "/shop.js").headers["ETag"]
    for method in ("GET", "HEAD"):
        again = shop.ask(method, "/shop.js", headers={"if-none-match": f'"other", W/{tag}'})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    assert Shop(store, HIT_PATH="/seen").ask("GET", "/shop.js", headers={"if-none-match": tag}).status == 200


def test_on_lambda_it_is_text(store: Store) -> None:
    read = read_http(proxy("GET", "/shop.js"))
    assert read is not None
    _, answer = answered(Shop(store).application, read, read.request("/", "id"))
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert answer["body"].encode() == read_script("/hit").body
