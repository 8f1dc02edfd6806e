"""Visitors in depth: hits as roll-ups by hour, day and month, and uniques that nobody can recompute."""
