"""The visitor counter."""
