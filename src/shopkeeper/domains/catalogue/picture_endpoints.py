"""The endpoint that gives forms for pictures."""

from shopkeeper.domains.businesses.model import BusinessClosing
from shopkeeper.domains.catalogue.model import ItemParameters
from shopkeeper.domains.catalogue.picture_model import (
    NewPicture,
    PicturesNotConfigured,
    PictureUpload,
    TooManyPictures,
)
from shopkeeper.domains.catalogue.service import Catalogue
from shopkeeper.http import Access, Call, NotFound, RateLimit, Reply, endpoint

FORMS = RateLimit("pictures", requests=300, seconds=600)
FORMS_OF_ACCOUNT = RateLimit("pictures-of-account", requests=300, seconds=600, by="account")


@endpoint(
    "POST /api/items/{item_id}/picture",
    status=201,
    errors=(NotFound, PicturesNotConfigured, TooManyPictures, BusinessClosing),
    access=Access.SIGNED_IN,
    limits=(FORMS, FORMS_OF_ACCOUNT),
)
def start_picture(catalogue: Catalogue, call: Call[ItemParameters, NewPicture]) -> Reply[PictureUpload]:
    """Create a form for a picture of an item.

    Post the form's fields and then the file to its URL, and then set the item's `picture`, all within an hour.
    """
    item = catalogue.own(call.identity, call.parameters.item_id)
    return Reply(catalogue.pictures.start(item, call.body))


ENDPOINTS = (start_picture,)
