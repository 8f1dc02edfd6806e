"""Shopkeeper compared with its alternatives: `make bench`, or `make bench-quick` for a short run."""
