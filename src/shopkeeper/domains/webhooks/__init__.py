"""Webhooks: the events of a business, sent to the URLs that its owner sets."""
