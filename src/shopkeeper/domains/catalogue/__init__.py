"""The catalogue: what businesses sell."""
