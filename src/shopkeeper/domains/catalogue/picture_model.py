"""What the pictures' endpoints take and give. A picture is never changed: another one has another name."""

from typing import Annotated, Literal

import msgspec

from shopkeeper.http import Conflict, Forbidden, Unprocessable, UnsupportedMediaType
from shopkeeper.http.constraints import pattern
from shopkeeper.storage.pictures import MOST_BYTES, NAME, UploadForm

MOST_PICTURES = 300
"""How many items of a business may have pictures. Each counts from its first form until it is deleted."""

MOST_UPLOADS = 3
"""How many pictures of an item one machine keeps that the item does not show."""

ATTACH_SECONDS = 3600
"""How long after its form a picture may be given to its item. After that it may be removed."""

PictureName = Annotated[str, pattern(f"^{NAME}$", must="must be the name that came with a form of this item")]


class NewPicture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a request for a form: what the picture will be, and its size in bytes."""

    media_type: Literal["image/jpeg", "image/png", "image/webp"]
    size: Annotated[int, msgspec.Meta(ge=1, le=MOST_BYTES, description="In bytes")]


class PictureUpload(msgspec.Struct, frozen=True, kw_only=True):
    """A form for one picture, the picture's name, and until when the form is good, as RFC 3339."""

    upload: UploadForm
    picture: str
    expires_at: str


class PicturesNotConfigured(Conflict):
    """This stage keeps no pictures: no bucket is set."""

    code = "pictures_not_configured"


class TooManyPictures(Conflict):
    """The business already has as many items with pictures as it may have."""

    code = "too_many_pictures"


class TooManyUploads(Conflict):
    """The item already has as many unused pictures as it may have."""

    code = "too_many_uploads"


class PictureTaken(Conflict):
    """The form was used before, for another picture."""

    code = "picture_taken"


class PictureMissing(Unprocessable):
    """There is no such picture of this item, or it can no longer be given to the item."""

    code = "picture_missing"


class NotAPicture(UnsupportedMediaType):
    """The file is not what its media type says."""

    code = "not_a_picture"


class FormRefused(Forbidden):
    """The form is not one that this server made, was changed, or has expired."""

    code = "form_refused"
