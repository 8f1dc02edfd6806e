"""Orders: placing them, their life cycle, and the feed of what happened."""
