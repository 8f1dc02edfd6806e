"""Logs and metrics of requests."""
