"""The endpoints for pictures on one machine. A deployment has S3 and CloudFront instead."""

from collections.abc import Iterator
from typing import Annotated

import msgspec

from shopkeeper.domains.catalogue.picture_model import (
    FormRefused,
    NotAPicture,
    PictureTaken,
    TooManyUploads,
)
from shopkeeper.domains.catalogue.uploads import FRAMING_BYTES, Uploads
from shopkeeper.http import (
    BadRequest,
    Call,
    Content,
    ContentTooLarge,
    LargeBody,
    Load,
    NotFound,
    Nothing,
    RateLimit,
    Reply,
    Request,
    endpoint,
)
from shopkeeper.storage.pictures import CACHE_CONTROL, MEDIA_TYPES, MOST_BYTES, is_name, media_type_of
from shopkeeper.storage.pictures.folder import PictureFolder

UPLOADS = RateLimit("uploads", requests=300, seconds=600)

PIECE_BYTES = 256 * 1024
"""How many bytes of a picture are read at a time, once its client has read the former ones."""

SERVED_WITH = {
    "Cache-Control": CACHE_CONTROL,
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""A picture is shown by pages of any origin, and never anything but a picture."""


class UploadParameters(msgspec.Struct, frozen=True):
    """Which form is posted, by its seal."""

    form: Annotated[str, msgspec.Meta(max_length=300)]


class PictureParameters(msgspec.Struct, frozen=True):
    """Which picture, by the two parts of its name."""

    item_id: Annotated[str, msgspec.Meta(max_length=100)]
    file: Annotated[str, msgspec.Meta(max_length=100)]


def admits(uploads: Uploads, request: Request) -> bool:
    """Tell whether a request has a form that is good, before its body is read."""
    seal = request.query.get("form", "")
    return len(seal) <= 300 and uploads.admits(seal)


@endpoint(
    "POST /pictures",
    errors=(FormRefused, BadRequest, ContentTooLarge, NotFound, TooManyUploads, PictureTaken, NotAPicture),
    load=Load.UPLOADS,
    limits=(UPLOADS,),
    large_body=LargeBody(MOST_BYTES + FRAMING_BYTES, admits),
)
def upload_picture(uploads: Uploads, call: Call[UploadParameters, Nothing]) -> Reply[Nothing]:
    """Take a picture, in the form that was given for it."""
    if not admits(uploads, call.request):
        raise FormRefused("This form was not made by this server, or it has expired: ask for a new one.")
    content_type = call.request.headers.get("content-type", "")
    uploads.take(call.parameters.form, content_type, call.request.content())
    return Reply(Nothing())


@endpoint("GET /pictures/{item_id}/{file}", errors=(NotFound,), media_types=tuple(MEDIA_TYPES), load=Load.FILES)
def read_picture(uploads: Uploads, call: Call[PictureParameters, Nothing]) -> Reply[Content]:
    """Return a picture."""
    name = f"{call.parameters.item_id}/{call.parameters.file}"
    size = uploads.folder.size(name) if is_name(name) else None
    if size is None:
        raise NotFound("There is no such picture.")
    body = pieces(uploads.folder, name, size)
    whole = b"".join(body) if size <= PIECE_BYTES else body
    return Reply(Content(media_type_of(name), whole), headers=SERVED_WITH)


def pieces(folder: PictureFolder, name: str, size: int) -> Iterator[bytes]:
    """Yield a picture piece by piece. Raises NotFound if it is removed meanwhile."""
    for start in range(0, size, PIECE_BYTES):
        piece = folder.piece(name, start, PIECE_BYTES)
        if piece is None:
            raise NotFound("There is no such picture.")
        yield piece
