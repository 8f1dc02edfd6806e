"""Adapters between the outside world and the sans-IO application."""
