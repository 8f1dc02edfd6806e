"""Opens what functions are built from, as the settings say."""

from shopkeeper.functions.resources import Resources
from shopkeeper.settings import Settings, sqlite_path
from shopkeeper.storage import Store
from shopkeeper.storage.tables import TABLES


def open_resources(settings: Settings, *, authenticates: bool) -> Resources:
    """Open the store and, for functions that authenticate, the keys. Raises ConfigurationError."""
    store = open_store(settings)
    if not authenticates:
        return Resources(settings, store)
    from shopkeeper.identity.service import open_identity

    return Resources(settings, store, identity=open_identity(settings))


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
