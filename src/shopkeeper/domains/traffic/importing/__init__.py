"""Imports of what other counters exported, and of what this one did, into days and months."""
