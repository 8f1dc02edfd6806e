"""What the OpenAPI document says of the catalogue's properties."""

from shopkeeper.http.vocabulary import Term, Vocabulary, moment

PICTURE = "01a1fd5b-c902-769f-b75d-8c384dcdd668/01a1fd5c-0d31-7c58-a0a4-5d3f7f1f6f10.jpg"

WORDS: Vocabulary = {
    "item_id": Term("The id of the item", "01a1fd5b-c902-769f-b75d-8c384dcdd668"),
    "items": Term("The items of this page"),
    "price_minor": Term("The price, in minor units of the currency", 380),
    "currency": Term("The currency, as a code of ISO 4217", "EUR"),
    "category": Term("The category of the item; null if it has none", "Drinks"),
    "position": Term("Where a site shows the item; null comes last", 10),
    "available": Term("Whether the item can be ordered at all", True),
    "unavailable_until": moment("Until when the item cannot be ordered; null if it is not so for a time"),
    "picture": Term("The name of the picture; null if the item has none", PICTURE),
    "picture_url": Term(
        "The address of the picture: a path of this server or a URL", f"/pictures/{PICTURE}", "uri-reference"
    ),
    "skip": Term("How many items to leave out before the page. Prefer `cursor`, which costs less", 0),
    "search": Term("A text that the name or the description must contain, without regard to case", "espresso"),
    "media_type": Term("The media type of the picture", "image/jpeg"),
    "size": Term("The size of the picture, in bytes", 48213),
    "upload": Term("The form that takes the picture"),
    "expires_at": moment("Until when the form is good"),
    "fields": Term("The fields of the form, to be posted before the file", {"key": PICTURE}),
    "UploadForm.url": Term("Where the form is posted", "/pictures?form=c2VhbA", "uri-reference"),
    **{f"{name}.name": Term("The name of the item", "Espresso") for name in ("Item", "NewItem", "ItemChange")},
    **{
        f"{name}.description": Term("The description of the item; null if it has none", "Short and strong")
        for name in ("Item", "NewItem", "ItemChange")
    },
    "ItemChange.picture": Term("The `picture` of a form that was posted for this item; null takes it away", PICTURE),
    "PictureUpload.picture": Term("The name of the picture, to be given to the item afterwards", PICTURE),
}
