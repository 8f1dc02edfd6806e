"""DynamoDB, by a client of our own: botocore's import alone costs more than all our other work."""

from shopkeeper.storage.dynamodb.client import DynamoDBClient
from shopkeeper.storage.dynamodb.store import DynamoDBStore

__all__ = ["DynamoDBClient", "DynamoDBStore"]
