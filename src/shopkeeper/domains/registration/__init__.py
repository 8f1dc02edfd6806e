"""The registration of businesses."""
