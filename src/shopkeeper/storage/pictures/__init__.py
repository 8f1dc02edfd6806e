"""Pictures: files that never change, in a folder beside the data file or in a bucket of S3."""

from shopkeeper.storage.pictures.port import (
    BEGINNING,
    CACHE_CONTROL,
    FORM_SECONDS,
    MOST_BYTES,
    PictureStore,
    UploadForm,
)
from shopkeeper.storage.pictures.types import MEDIA_TYPES, NAME, is_name, media_type_of, sniffed

__all__ = [
    "BEGINNING",
    "CACHE_CONTROL",
    "FORM_SECONDS",
    "MEDIA_TYPES",
    "MOST_BYTES",
    "NAME",
    "PictureStore",
    "UploadForm",
    "is_name",
    "media_type_of",
    "sniffed",
]
