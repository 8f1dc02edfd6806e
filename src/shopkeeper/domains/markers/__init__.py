"""Markers: they make email addresses and identities unique."""
