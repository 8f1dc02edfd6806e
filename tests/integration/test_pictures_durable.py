"""Uploads of pictures where the machine is at its limits: a kill, a full disk, too many requests."""

import json
import resource
import signal
import sys
import time
from pathlib import Path

from tests.integration.test_pictures import LARGE, kept
from tests.support.http import send
from tests.support.pictures import JPEG, PNG, encoded, of_type, post_form, show, start
from tests.support.processes import Shopkeeper, shopkeeper
from tests.support.shop import Owner
from tests.support.strangers import connect, request


def test_a_kill_during_an_upload_leaves_no_half_picture(tmp_path: Path) -> None:
    data = tmp_path / "shop.db"
    server = Shopkeeper(data)
    owner = Owner(server.url)
    item = owner.add()
    shown = show(owner, item)
    form = start(owner, item)
    body = encoded(form["upload"]["fields"], LARGE)
    half = request("POST", form["upload"]["url"], headers={**of_type(), "Content-Length": str(len(body))})
    with connect(server.port, half + body[:-100_000]):
        time.sleep(0.2)
        server.stop(signal.SIGKILL)
    torn = data.with_name("shop.db.pictures") / item["item_id"] / ".torn.png"
    torn.write_bytes(PNG[:20])  # as a kill in the middle of a write leaves it
    with shopkeeper(data) as again:
        owner.url = again.url
        assert kept(data, item) == [shown.partition("/")[2]]
        assert send(again.url, "GET", f"/pictures/{shown}").body == PNG
        assert send(again.url, "GET", f"/pictures/{form['picture']}").status == 404
        assert post_form(again.url, form["upload"], LARGE).status == 204, "the form is still good"


FULL = (
    sys.executable,
    "-c",
    (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))\n"
        "from shopkeeper.__main__ import main; main()"
    ),
)
"""Shopkeeper where no file may be longer than 1 MB: the limit stands for a disk that gets full."""


def test_a_full_disk_is_a_503_and_leaves_nothing(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    server = Shopkeeper(tmp_path / "shop.db", 0, FULL)
    try:
        owner = Owner(server.url)
        item = owner.add()
        upload = start(owner, item)["upload"]
        full = post_form(owner.url, upload, LARGE)
        assert (full.status, full.json["code"]) == (503, "service_unavailable")
        assert list((tmp_path / "shop.db.pictures").iterdir()) == []
        assert "File too large" in server.line_with("cannot be written")
        assert post_form(owner.url, upload, PNG).status == 204, "a smaller one has room"
        assert json.loads(send(owner.url, "GET", "/health").body)["status"] == "healthy"
    finally:
        server.stop()


def test_forms_are_limited_by_rate(tmp_path: Path) -> None:
    with shopkeeper(tmp_path / "shop.db", {"RATE_LIMITS": "on"}) as server:
        owner = Owner(server.url)
        item = owner.add()
        answer = owner.ask("POST", f"/api/items/{item['item_id']}/picture", {"media_type": "image/png", "size": 1})
        assert answer.headers["ratelimit-policy"] == '"pictures";q=300;w=600, "pictures-of-account";q=300;w=600'
        posted = post_form(server.url, answer.json["upload"], JPEG)
        assert posted.status == 415
        assert post_form(server.url, start(owner, item)["upload"], PNG).headers["ratelimit"].startswith('"uploads";r=')
