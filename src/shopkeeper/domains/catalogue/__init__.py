"""The catalogue: the items that businesses sell, with prices and pictures."""
