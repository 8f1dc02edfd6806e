"""Pictures for tests, and clients that upload them as a browser does."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.support.http import Answer, send
from tests.support.shop import Owner

PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes(range(200))
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(range(200))
WEBP = b"RIFF\xf0\0\0\0WEBPVP8 " + bytes(range(200))
PICTURES = {"image/png": PNG, "image/jpeg": JPEG, "image/webp": WEBP}
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}

BOUNDARY = "----WebKitFormBoundaryAb1Cd2Ef3"


def encoded(fields: Mapping[str, str], file: bytes | None, boundary: str = BOUNDARY) -> bytes:
    """Return a form in multipart/form-data as a browser sends it, the file last, None for no file."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if file is not None:
        head = 'Content-Disposition: form-data; name="file"; filename="a b.png"\r\nContent-Type: image/png'
        parts.append(f"--{boundary}\r\n{head}\r\n\r\n".encode() + file + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def of_type(boundary: str = BOUNDARY) -> dict[str, str]:
    """Return the header of such a form."""
    return {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def post_form(server: str, upload: Mapping[str, Any], file: bytes, **changed: str) -> Answer:
    """Post a form with a file, its fields changed by name. `server` is where a path leads."""
    place = urlsplit(upload["url"])
    base = f"{place.scheme}://{place.netloc}" if place.netloc else server
    path = place.path + (f"?{place.query}" if place.query else "")
    fields = {**upload["fields"], **changed}
    return send(base, "POST", path, encoded(fields, file), of_type())


def start(owner: Owner, item: Mapping[str, Any], media_type: str = "image/png", size: int = 1000) -> Any:
    """Ask for a form and return the answer's content."""
    answer = owner.ask("POST", f"/api/items/{item['item_id']}/picture", {"media_type": media_type, "size": size})
    assert answer.status == 201, answer
    return answer.json


def attach(owner: Owner, item: Mapping[str, Any], name: str | None) -> Answer:
    """Give a picture to an item, in the version that the item has now."""
    path = f"/api/items/{item['item_id']}"
    return owner.ask("PATCH", path, {"picture": name}, **{"If-Match": owner.ask("GET", path).headers["etag"]})


def show(owner: Owner, item: Mapping[str, Any], content: bytes = PNG, media_type: str = "image/png") -> str:
    """Upload a picture, give it to an item and return its name."""
    form = start(owner, item, media_type, len(content))
    posted = post_form(owner.url, form["upload"], content)
    assert posted.status == 204, posted
    given = attach(owner, item, form["picture"])
    assert given.status == 200, given
    return str(form["picture"])
