"""Shopkeeper: the serverless backend of a small business's site."""

__version__ = "0.1.0"
