"""The start page, and the health of the system as a whole."""
