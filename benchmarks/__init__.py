"""Shopkeeper beside what people would write instead: `make bench`, or `make bench-quick` for a first look."""
