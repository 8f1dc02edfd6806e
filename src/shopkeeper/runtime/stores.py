"""From the settings to a store."""

import os
from collections.abc import Mapping
from pathlib import Path

from shopkeeper.settings import Settings, sqlite_path
from shopkeeper.storage import TABLES, Store


def open_store(settings: Settings, environment: Mapping[str, str] = os.environ) -> Store:
    """Open the store that `STORE_URL` names. Raises ConfigurationError.

    Imports only what that store needs: a Lambda function never loads SQLite, nor a laptop the signing.
    """
    path = sqlite_path(settings.store_url)
    if path is not None:
        from shopkeeper.storage.sqlite import SQLiteStore

        return SQLiteStore(Path(path), TABLES)
    from shopkeeper.storage.dynamodb import DynamoDBClient, DynamoDBStore

    client = DynamoDBClient(settings.region, environment)
    return DynamoDBStore(client, {table: settings.table_name(table) for table in TABLES})
