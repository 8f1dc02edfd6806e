"""Pictures on one machine, over HTTP: what is taken, what is refused and leaves nothing, and how they are served."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.domains.catalogue.forms import sealed_form
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage.pictures import MOST_BYTES
from tests.support.http import Answer, post_json, send
from tests.support.pictures import (
    BOUNDARY,
    PICTURES,
    PNG,
    attach,
    encoded,
    of_type,
    post_form,
    show,
    start,
)
from tests.support.processes import Shopkeeper, shopkeeper
from tests.support.shop import Owner
from tests.support.strangers import connect, read_answer, request
from tests.unit.test_picture_types import ITEM, NO_PICTURES, OWN

LARGE = PNG + b"x" * (MOST_BYTES - len(PNG))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures") / "shop.db"


@pytest.fixture(scope="module")
def shop(data: Path) -> Iterator[Shopkeeper]:
    with shopkeeper(data) as running:
        yield running


@pytest.fixture(scope="module")
def owner(shop: Shopkeeper) -> Owner:
    return Owner(shop.url)


@pytest.fixture
def item(owner: Owner) -> dict[str, Any]:
    return owner.add()


def kept(data: Path, item: dict[str, Any]) -> list[str]:
    """Return the files of an item, half ones too."""
    folder = data.with_name("shop.db.pictures") / item["item_id"]
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def post(owner: Owner, path: str, body: bytes, headers: dict[str, str] | None = None) -> Answer:
    return send(owner.url, "POST", path, body, of_type() if headers is None else headers)


@pytest.mark.parametrize("media_type", PICTURES)
def test_a_picture_is_served_as_it_was_uploaded_and_never_as_anything_else(
    media_type: str, owner: Owner, item: dict[str, Any]
) -> None:
    show(owner, item, PICTURES[media_type], media_type)
    url = owner.ask("GET", f"/api/items/{item['item_id']}").json["picture_url"]
    answer = send(owner.url, "GET", url)
    assert (answer.status, answer.body) == (200, PICTURES[media_type])
    wanted = {
        "content-type": media_type,
        "content-length": str(len(PICTURES[media_type])),
        "cache-control": "public, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
        "content-disposition": "inline",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "cross-origin",
    }
    assert {name: answer.headers[name] for name in wanted} == wanted
    head = send(owner.url, "HEAD", url)
    assert (head.status, head.body) == (200, b"")
    assert {name: head.headers[name] for name in wanted} == wanted


def test_the_largest_picture_is_taken_and_served_piece_by_piece(owner: Owner, item: dict[str, Any]) -> None:
    name = show(owner, item, LARGE)
    answer = send(owner.url, "GET", f"/pictures/{name}")
    assert answer.body == LARGE
    assert answer.headers["transfer-encoding"] == "chunked"
    assert send(owner.url, "HEAD", f"/pictures/{name}").status == 200


def test_the_same_form_may_be_posted_twice_with_the_same_picture_and_not_with_another(
    owner: Owner, item: dict[str, Any], data: Path
) -> None:
    form = start(owner, item)
    assert [post_form(owner.url, form["upload"], PNG).status for _ in range(2)] == [204, 204]
    other = post_form(owner.url, form["upload"], PNG + b"another")
    assert (other.status, other.json["code"]) == (409, "picture_taken")
    assert attach(owner, item, form["picture"]).status == 200
    assert send(owner.url, "GET", f"/pictures/{form['picture']}").body == PNG
    assert len(kept(data, item)) == 1


@pytest.mark.parametrize("what", NO_PICTURES)
def test_what_is_no_picture_is_refused_and_not_kept(what: str, owner: Owner, item: dict[str, Any], data: Path) -> None:
    answer = post_form(owner.url, start(owner, item)["upload"], NO_PICTURES[what])
    status, code = (413, "content_too_large") if what == "nothing" else (415, "not_a_picture")
    assert (answer.status, answer.json["code"]) == (status, code)
    assert kept(data, item) == []


def test_a_picture_of_another_kind_than_announced_is_refused(owner: Owner, item: dict[str, Any], data: Path) -> None:
    answer = post_form(owner.url, start(owner, item, "image/jpeg")["upload"], PNG)
    assert (answer.status, answer.json["code"]) == (415, "not_a_picture")
    assert kept(data, item) == []


def test_fields_of_a_form_that_were_changed_are_refused(owner: Owner, item: dict[str, Any], data: Path) -> None:
    upload = start(owner, item)["upload"]
    for changed in ({"key": f"{ITEM}/{OWN}.png"}, {"key": "../../etc/passwd"}, {"Content-Type": "text/html"}):
        answer = post_form(owner.url, upload, PNG, **changed)
        assert (answer.status, answer.json["code"]) == (403, "form_refused")
    assert kept(data, item) == []


def forms(owner: Owner, item: dict[str, Any], data: Path) -> dict[str, str]:
    """Return addresses of forms that are none, or no longer."""
    good = start(owner, item)["upload"]["url"]
    key = Keyring(lambda: [data.with_name("shop.db.key").read_bytes().strip()])
    late = sealed_form(key, "", f"{item['item_id']}/{OWN}.png", "image/png", datetime.now(UTC) - timedelta(hours=1))
    return {
        "expired": late.url,
        "forged": good[:-3] + "AAA",
        "of another picture": good.replace(item["item_id"], ITEM),
        "made up": "/pictures?form=x",
        "empty": "/pictures?form=",
        "endless": "/pictures?form=" + "x" * 5000,
    }


def test_a_form_that_is_not_good_is_refused_before_the_picture_is_read(
    owner: Owner, item: dict[str, Any], data: Path, shop: Shopkeeper
) -> None:
    for what, url in forms(owner, item, data).items():
        small = post(owner, url, encoded({}, PNG))
        assert small.status == (400 if what == "endless" else 403), what
        with connect(shop.port, request("POST", url, headers={**of_type(), "Content-Length": "1500000"})) as peer:
            peer.sendall(b"x" * 100_000)  # a part, and then nothing: the rest would be discarded anyway
            peer.shutdown(socket.SHUT_WR)
            assert read_answer(peer).status in (400, 403, 413), what
        waits = {**of_type(), "Content-Length": "1500000", "Expect": "100-continue"}
        with connect(shop.port, request("POST", url, headers=waits)) as peer:
            assert read_answer(peer).status in (400, 403), f"{what}: it does not even ask for the picture"
    without = post(owner, "/pictures", encoded({}, PNG))
    assert (without.status, without.json["errors"]) == (400, [{"field": "form", "message": "is required"}])
    assert kept(data, item) == []


def test_the_seal_is_in_no_log(owner: Owner, item: dict[str, Any], shop: Shopkeeper) -> None:
    form = start(owner, item)
    assert post_form(owner.url, form["upload"], PNG).status == 204
    line = shop.line_with('"path":"/pictures"')
    assert line
    seal = form["upload"]["url"].partition("=")[2]
    assert not [line for line in shop.lines if seal in line or seal.rpartition(".")[2] in line]


TOO_LARGE = PNG + b"x" * (MOST_BYTES + 1 - len(PNG))


def test_a_picture_that_is_too_large_is_refused_however_its_length_is_told(
    owner: Owner, item: dict[str, Any], data: Path, shop: Shopkeeper
) -> None:
    upload = start(owner, item)["upload"]
    assert post_form(owner.url, upload, TOO_LARGE).json["code"] == "content_too_large"
    assert post_form(owner.url, upload, TOO_LARGE + b"x" * 100_000).status == 413
    body = encoded(upload["fields"], TOO_LARGE + b"x" * 100_000)
    chunked = request("POST", upload["url"], headers={**of_type(), "Transfer-Encoding": "chunked"})
    with connect(shop.port, chunked + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n") as peer:
        assert read_answer(peer).status == 413
    with connect(shop.port, request("POST", upload["url"], headers={**of_type(), "Content-Length": "9" * 12})) as peer:
        assert read_answer(peer).status == 413
    assert kept(data, item) == []
    announced = owner.ask(
        "POST", f"/api/items/{item['item_id']}/picture", {"media_type": "image/png", "size": MOST_BYTES + 1}
    )
    assert (announced.status, announced.json["code"]) == (400, "invalid_input")


def test_a_picture_in_chunks_is_taken(owner: Owner, item: dict[str, Any], shop: Shopkeeper) -> None:
    form = start(owner, item)
    body = encoded(form["upload"]["fields"], LARGE[:1_500_000])
    pieces = [body[at : at + 50_000] for at in range(0, len(body), 50_000)]
    head = request("POST", form["upload"]["url"], headers={**of_type(), "Transfer-Encoding": "chunked"})
    with connect(shop.port, head) as peer:
        for piece in pieces:
            peer.sendall(b"%x\r\n" % len(piece) + piece + b"\r\n")
        peer.sendall(b"0\r\n\r\n")
        assert read_answer(peer).status == 204
    assert attach(owner, item, form["picture"]).status == 200


def test_a_body_that_is_not_as_long_as_announced_is_refused(
    owner: Owner, item: dict[str, Any], data: Path, shop: Shopkeeper
) -> None:
    upload = start(owner, item)["upload"]
    body = encoded(upload["fields"], PNG)
    for announced, sent in ((len(body) + 10, body), (len(body) - 10, body), (300_000, body), (len(body) // 2, body)):
        headers = {**of_type(), "Content-Length": str(announced)}
        with connect(shop.port, request("POST", upload["url"], headers=headers) + sent) as peer:
            peer.shutdown(socket.SHUT_WR)
            assert read_answer(peer).status == 400
    assert kept(data, item) == []


BAD_FORMS: dict[str, tuple[dict[str, str], bytes, int]] = {
    "no form": ({"Content-Type": "application/json"}, b"{}", 415),
    "no type": ({}, PNG, 415),
    "the picture alone": ({"Content-Type": "image/png"}, PNG, 415),
    "no boundary": ({"Content-Type": "multipart/form-data"}, encoded({}, PNG), 415),
    "an endless boundary": (of_type("x" * 71), encoded({}, PNG, "x" * 71), 415),
    "another boundary": (of_type("other"), encoded({}, PNG), 400),
    "no file": (of_type(), encoded({"key": "x"}, None), 400),
    "nothing": (of_type(), b"", 400),
    "many fields": (of_type(), encoded({f"x{number}": "y" for number in range(50)}, PNG), 400),
    "no end": (of_type(), encoded({}, PNG)[:-10], 400),
    "a field that is no text": (of_type(), encoded({"x": "y"}, PNG).replace(b"\r\ny\r\n", b"\r\n\xff\r\n"), 400),
    "a part without a name": (of_type(), encoded({}, PNG).replace(b' name="file";', b""), 400),
    "a header without end": (of_type(), f"--{BOUNDARY}\r\nContent-Disposition: ".encode() + b"x" * 20_000, 400),
}


@pytest.mark.parametrize("case", BAD_FORMS)
def test_what_is_no_form_is_refused_and_not_kept(case: str, owner: Owner, item: dict[str, Any], data: Path) -> None:
    headers, body, status = BAD_FORMS[case]
    answer = post(owner, start(owner, item)["upload"]["url"], body, headers)
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert kept(data, item) == []


PATHS = [
    "/pictures/",
    f"/pictures/{ITEM}",
    f"/pictures/{ITEM}/{OWN}.png",
    f"/pictures/{ITEM}/..",
    "/pictures/../shop.db",
    "/pictures/..%2fshop.db/x",
    "/pictures/%2e%2e/shop.db",
    "/pictures/..%5c/shop.db.key",
    f"/pictures/{ITEM}/..%2f..%2fshop.db.key",
    f"/pictures/{ITEM}/%00.png",
    f"/pictures/{ITEM}/{OWN}.png%00.html",
    "/pictures//etc/passwd",
    f"/pictures/.{ITEM}/{OWN}.png",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_out_of_the_folder(path: str, owner: Owner) -> None:
    answer = send(owner.url, "GET", path)
    assert answer.status in (403, 404)
    assert answer.headers["content-type"] in ("application/json", "application/problem+json")


def test_only_the_owner_gets_a_form_and_gives_a_picture(owner: Owner, item: dict[str, Any]) -> None:
    other = Owner(owner.url)
    path = f"/api/items/{item['item_id']}/picture"
    assert other.ask("POST", path, {"media_type": "image/png", "size": 1}).status == 404
    assert post_json(owner.url, path, {"media_type": "image/png", "size": 1}).status == 401
    assert owner.ask("POST", f"/api/items/{ITEM}/picture", {"media_type": "image/png", "size": 1}).status == 404
    theirs = other.add()
    foreign = show(other, theirs)
    refused = attach(owner, item, foreign)
    assert (refused.status, refused.json["code"]) == (422, "picture_missing")
    assert attach(other, item, foreign).status == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"media_type": "image/png"},
        {"media_type": "image/gif", "size": 1},
        {"media_type": "image/svg+xml", "size": 1},
        {"media_type": "image/png", "size": 0},
        {"media_type": "image/png", "size": "1"},
        {"media_type": "image/png", "size": 1, "name": "../x"},
    ],
)
def test_a_wrong_request_for_a_form_names_its_faults(body: object, owner: Owner, item: dict[str, Any]) -> None:
    answer = owner.ask("POST", f"/api/items/{item['item_id']}/picture", body)
    assert (answer.status, answer.json["code"]) == (400, "invalid_input")


@pytest.mark.parametrize("name", ["", "x", "../x", f"{ITEM}/{OWN}.gif", f"/{ITEM}/{OWN}.png", 7])
def test_a_name_that_is_none_names_the_field(name: object, owner: Owner, item: dict[str, Any]) -> None:
    answer = attach(owner, item, name)  # type: ignore[arg-type]
    assert (answer.status, answer.json["errors"][0]["field"]) == (400, "picture")


def test_a_few_pictures_of_an_item_may_wait_and_no_more(owner: Owner, item: dict[str, Any], data: Path) -> None:
    started = [start(owner, item) for _ in range(4)]
    posted = [post_form(owner.url, form["upload"], PNG) for form in started]
    assert [answer.status for answer in posted] == [204, 204, 204, 409]
    assert posted[3].json["code"] == "too_many_uploads"
    assert attach(owner, item, started[1]["picture"]).status == 200
    assert post_form(owner.url, started[3]["upload"], PNG).status == 204
    files = [form["picture"].partition("/")[2] for form in (started[1], started[2], started[3])]
    assert kept(data, item) == sorted(files), "one that is older than the one that is shown makes room"


def test_the_pictures_of_what_is_deleted_go(owner: Owner, data: Path) -> None:
    other = Owner(owner.url)
    items = [other.add() for _ in range(3)]
    names = [show(other, one) for one in items]
    waiting = start(other, items[0])
    assert post_form(owner.url, waiting["upload"], PNG).status == 204
    late = start(other, items[0])
    path = f"/api/items/{items[0]['item_id']}"
    assert other.ask("DELETE", path, **{"If-Match": other.ask("GET", path).headers["etag"]}).status == 204
    assert kept(data, items[0]) == []
    assert post_form(owner.url, late["upload"], PNG).status == 404, "its form is still good, but the item is gone"
    assert other.ask("DELETE", f"/api/businesses/{other.business_id}").status == 204
    assert [kept(data, one) for one in items] == [[], [], []]
    assert {send(owner.url, "GET", f"/pictures/{name}").status for name in names} == {404}


def test_many_uploads_at_once_are_answered_and_others_are_served_meanwhile(owner: Owner, shop: Shopkeeper) -> None:
    items = [owner.add() for _ in range(12)]
    started = [start(owner, one) for one in items]
    with ThreadPoolExecutor(12) as pool:
        posted = list(pool.map(lambda form: post_form(owner.url, form["upload"], LARGE), started))
        assert send(owner.url, "GET", "/health").status == 200
    assert {answer.status for answer in posted} <= {204, 503}
    assert 204 in {answer.status for answer in posted}
    for one, form, answer in zip(items, started, posted, strict=True):
        assert attach(owner, one, form["picture"]).status == (200 if answer.status == 204 else 422)


def test_a_second_picture_before_the_answer_to_the_first_request_is_not_held(
    owner: Owner, item: dict[str, Any], shop: Shopkeeper
) -> None:
    """Requests ahead of their answers would fill memory: each would be a picture."""
    form = start(owner, item)
    body = encoded(form["upload"]["fields"], LARGE)
    whole = request("POST", form["upload"]["url"], headers={**of_type(), "Content-Length": str(len(body))}) + body
    with connect(shop.port, whole) as peer:
        peer.sendall(whole)
        assert read_answer(peer).status == 204


def test_with_tables_on_dynamodb_and_no_bucket_there_are_no_pictures(dynamodb_server: Shopkeeper) -> None:
    owner = Owner(dynamodb_server.url)
    item = owner.add()
    answer = owner.ask("POST", f"/api/items/{item['item_id']}/picture", {"media_type": "image/png", "size": 1})
    assert (answer.status, answer.json["code"]) == (409, "pictures_not_configured")
    assert attach(owner, item, f"{item['item_id']}/{OWN}.png").json["code"] == "pictures_not_configured"
    assert send(dynamodb_server.url, "GET", f"/pictures/{ITEM}/{OWN}.png").status == 403
