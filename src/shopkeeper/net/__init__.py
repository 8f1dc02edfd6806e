"""Outgoing HTTP: deadlines, TLS, connections, one `request()`."""
