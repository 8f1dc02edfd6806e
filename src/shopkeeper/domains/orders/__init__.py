"""Orders: placing them, and leading them through their life cycle."""
