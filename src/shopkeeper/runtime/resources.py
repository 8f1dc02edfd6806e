"""Opens what functions are built from, as the settings say."""

from functools import cache
from typing import TYPE_CHECKING

from shopkeeper.functions.resources import Resources
from shopkeeper.settings import Settings, sqlite_path
from shopkeeper.storage import Store
from shopkeeper.storage.tables import TABLES

if TYPE_CHECKING:
    from shopkeeper.storage.pictures import PictureStore
    from shopkeeper.storage.pictures.folder import PictureFolder


def open_resources(settings: Settings, *, authenticates: bool) -> Resources:
    """Open the store and, for functions that authenticate, the keys. Raises ConfigurationError."""
    store = open_store(settings)
    if not authenticates:
        return Resources(settings, store)
    from shopkeeper.identity.service import open_identity

    pictures = cache(lambda: open_pictures(settings))
    return Resources(settings, store, identity=open_identity(settings), pictures=pictures)


def open_store(settings: Settings) -> Store:
    """Open the store that `STORE_URL` names. Raises ConfigurationError.

    Imports only what that store needs: a Lambda function never loads SQLite, and one machine no signing.
    """
    path = sqlite_path(settings.store_url)
    if path is not None:
        from pathlib import Path

        from shopkeeper.storage.sqlite import SQLiteStore

        return SQLiteStore(Path(path), TABLES)
    from shopkeeper.storage.dynamodb import DynamoDBClient, DynamoDBStore

    client = DynamoDBClient(settings.region, settings.aws)
    return DynamoDBStore(client, {table: settings.table_name(table) for table in TABLES})


def open_pictures(settings: Settings) -> "PictureStore | None":
    """Return where the pictures of the settings' store are kept, None if nothing says where.

    Raises ConfigurationError.
    """
    folder = picture_folder(settings)
    if folder is not None:
        return folder
    if not settings.bucket:
        return None
    from shopkeeper.storage.pictures.bucket import PictureBucket

    return PictureBucket(settings.bucket, settings.region, settings.aws)


def picture_folder(settings: Settings) -> "PictureFolder | None":
    """Return the folder of the pictures beside the data file, None for DynamoDB."""
    path = sqlite_path(settings.store_url)
    if path is None:
        return None
    from pathlib import Path

    from shopkeeper.storage.pictures.folder import PictureFolder, folder_of

    return PictureFolder(folder_of(Path(path).resolve()))
