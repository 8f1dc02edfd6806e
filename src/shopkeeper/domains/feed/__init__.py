"""The feed of a business: its events, in order, without gap or repeat."""
