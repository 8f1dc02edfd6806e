"""Webhooks: the events of a business, sent to the addresses that its owner names. See decision 0036."""
