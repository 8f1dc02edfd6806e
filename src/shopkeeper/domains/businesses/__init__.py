"""Businesses and their registration."""
