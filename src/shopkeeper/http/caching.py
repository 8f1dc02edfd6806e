"""Public answers, which caches may keep for seconds (RFC 9111) and clients may ask about (RFC 9110, section 13)."""

import msgspec

from shopkeeper.http.endpoint import NOT_MODIFIED
from shopkeeper.http.message import Request, Response
from shopkeeper.http.version import has_tag

FRESH_SECONDS = 5
"""How long a cache answers without asking."""

STALE_SECONDS = 60
"""How long after that a cache may still answer at once, while it asks behind the visitor's back (RFC 5861)."""

CACHE_CONTROL = f"public, max-age={FRESH_SECONDS}, stale-while-revalidate={STALE_SECONDS}"


def public(request: Request, response: Response) -> Response:
    """Return a public answer with its tag and its lifetime, or 304 if the client has it already.

    The tag is made of the body. If the handler has set the version of a resource, the tag begins with it, so that it
    serves `If-Match` too. An answer to a request with credentials stays as it is, and no cache keeps it: people who
    change something see it at once.
    """
    if "authorization" in request.headers or not isinstance(response.body, bytes):
        return response
    headers = dict(response.headers)
    tag = _tag(headers.get("ETag", "").strip('"'), response.body)
    headers |= {"Cache-Control": CACHE_CONTROL, "ETag": tag, "Vary": f"{headers['Vary']}, Authorization"}
    if not has_tag(request.headers.get("if-none-match", ""), tag):
        return msgspec.structs.replace(response, headers=headers)
    del headers["Content-Type"]
    return msgspec.structs.replace(response, status=NOT_MODIFIED, headers=headers, body=b"")


def _tag(version: str, body: bytes) -> str:
    from hashlib import sha256  # no start needs it

    digest = sha256(body).hexdigest()[:16]
    return f'"{version}.{digest}"' if version else f'"{digest}"'
