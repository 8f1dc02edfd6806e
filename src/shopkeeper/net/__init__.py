"""Outgoing connections: deadlines, TLS, HTTP/1.1."""
