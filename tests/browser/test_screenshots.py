"""The pictures of the documents show the pages as they are."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.screenshots import FOLDER, TEXTS, scene, take
from tests.support.tools import ROOT

MOST_BYTES, MOST_BYTES_OF_ALL = 60_000, 250_000
DOCUMENTS = {"README.md": "docs/images/", "docs/guide.md": "images/"}
RENEW = "run 'make pictures', and look at them"


def size_of(picture: bytes) -> tuple[int, int]:
    """Return the width and height of a WebP file in the extended format, which Chromium writes (RFC 9649, 2.7)."""
    assert (picture[:4], picture[8:16]) == (b"RIFF", b"WEBPVP8X")
    return 1 + int.from_bytes(picture[24:27], "little"), 1 + int.from_bytes(picture[27:30], "little")


@pytest.fixture(scope="module")
def made(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pictures as they would be made now."""
    folder = tmp_path_factory.mktemp("images")
    with scene() as shop:
        take(browser, shop, folder)
    return folder


def test_they_show_what_the_pages_say_today(made: Path) -> None:
    assert json.loads((FOLDER / TEXTS).read_text()) == json.loads((made / TEXTS).read_text()), RENEW


def test_each_has_the_size_of_the_screen_that_it_shows(made: Path) -> None:
    names = {path.name for path in made.glob("*.webp")}
    assert {path.name for path in FOLDER.glob("*.webp")} == names, RENEW
    for name in names:
        size = json.loads((made / TEXTS).read_text())[name.rpartition("-")[0]]["size"]
        for folder in (FOLDER, made):
            assert size_of((folder / name).read_bytes()) == (size["width"], size["height"]), name


def test_they_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}
    assert sum(sizes.values()) <= MOST_BYTES_OF_ALL


def test_each_is_shown_with_a_text_for_those_who_do_not_see_it() -> None:
    shown = set()
    for document, folder in DOCUMENTS.items():
        text = (ROOT / document).read_text()
        shown |= set(re.findall(rf'(?:src|srcset)="{folder}([^"]+)"', text))
        for tag in re.findall(r'<img src="[^>]*>', text):
            assert re.search(r'alt="[^"]{20,}"', tag), tag
    assert shown == {path.name for path in FOLDER.glob("*.webp")}
