"""The health of the system as a whole."""
