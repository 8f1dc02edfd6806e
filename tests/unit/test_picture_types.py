"""What a picture is, by its name and by its first bytes."""

import pytest

from shopkeeper.storage.pictures import is_name, media_type_of, sniffed
from tests.support.pictures import JPEG, PICTURES, PNG, WEBP

ITEM, OWN = "01a22378-32bc-7c18-9ef7-b84685ac48c7", "01a22378-32be-7e3c-9d7b-05bf5c8fcb62"

NO_PICTURES = {
    "nothing": b"",
    "a GIF": b"GIF89a\x01\0\x01\0",
    "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "HTML": b"<!DOCTYPE html><script>alert(1)</script>",
    "HTML before a PNG": b"<b>" + PNG,
    "a PDF": b"%PDF-1.7",
    "an AVI": b"RIFF\xf0\0\0\0AVI LIST",
    "a WAV": b"RIFF\xf0\0\0\0WAVEfmt ",
    "half a PNG's signature": PNG[:7],
    "a PNG that went through a text filter": PNG.replace(b"\r\n", b"\n"),
    "half a JPEG's": JPEG[:2],
    "half a WebP's": WEBP[:12],
    "a BMP": b"BM\x8a\0\0\0",
    "an AVIF": b"\0\0\0\x1cftypavif",
}


@pytest.mark.parametrize("media_type", PICTURES)
def test_each_kind_of_picture_is_known_by_its_first_bytes(media_type: str) -> None:
    assert sniffed(PICTURES[media_type][:16]) == media_type


@pytest.mark.parametrize("what", NO_PICTURES)
def test_anything_else_is_no_picture(what: str) -> None:
    assert sniffed(NO_PICTURES[what]) is None


@pytest.mark.parametrize(
    ("extension", "media_type"), [("jpg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp")]
)
def test_a_name_tells_the_media_type(extension: str, media_type: str) -> None:
    assert is_name(f"{ITEM}/{OWN}.{extension}")
    assert media_type_of(f"{ITEM}/{OWN}.{extension}") == media_type


NO_NAMES = [
    "",
    "/",
    "..",
    f"{OWN}.png",
    f"{ITEM}/{OWN}",
    f"{ITEM}/{OWN}.gif",
    f"{ITEM}/{OWN}.png.html",
    f"{ITEM}/{OWN}.PNG",
    f"{ITEM.upper()}/{OWN}.png",
    f"{ITEM}/../{OWN}.png",
    f"../{ITEM}/{OWN}.png",
    f"/{ITEM}/{OWN}.png",
    f"{ITEM}//{OWN}.png",
    f"{ITEM}/{OWN}.png\n",
    f"{ITEM}/{OWN}.png\0",
    f"{ITEM}\\{OWN}.png",
    f"{ITEM}/.{OWN}.png",
    f"{ITEM}/{OWN}.png/",
    f"{ITEM}/{OWN[:-1]}.png",
    f"{ITEM}/{OWN}0.png",
    f"{ITEM}/{OWN[:-1]}０.png",  # noqa: RUF001  # a digit of another script
]


@pytest.mark.parametrize("name", NO_NAMES)
def test_whatever_could_lead_elsewhere_is_no_name(name: str) -> None:
    assert not is_name(name)
