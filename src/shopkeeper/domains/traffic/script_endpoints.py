"""The script that sites load to send hits."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from shopkeeper.http import Call, Content, HeaderField, Nothing, Reply, endpoint
from shopkeeper.http.endpoint import NOT_MODIFIED
from shopkeeper.http.headers import EMBEDDED

if TYPE_CHECKING:
    from shopkeeper.domains.traffic.script import Script

JAVASCRIPT = "text/javascript; charset=utf-8"
SCRIPT_TAG = HeaderField("ETag", "Of the script's bytes, for If-None-Match", {"type": "string"}, '"5d41402abc4b2a76"')


@endpoint("GET /shop.js", media_types=(JAVASCRIPT,), headers=(SCRIPT_TAG, EMBEDDED))
def read_script(script: "Callable[[], Script]", call: Call[Nothing, Nothing]) -> Reply[Content]:
    """Get the script that counts the views of a site's pages.

    Browsers keep it for a day. A client that has it already is answered 304.
    """
    from shopkeeper.http.version import has_tag  # no start needs it

    found = script()
    headers = {
        "Cache-Control": "public, max-age=86400",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": found.tag,
    }
    if has_tag(call.request.headers.get("if-none-match", ""), found.tag):
        return Reply(Content(JAVASCRIPT, b""), status=NOT_MODIFIED, headers=headers)
    return Reply(Content(JAVASCRIPT, found.body), headers=headers)


ENDPOINTS = (read_script,)
