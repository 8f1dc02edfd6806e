"""Businesses: their names, contact data, opening hours and pauses."""
