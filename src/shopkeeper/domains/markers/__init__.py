"""Markers: what one record alone may have, an email address or an identity."""
