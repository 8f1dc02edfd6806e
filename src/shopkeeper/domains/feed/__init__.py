"""The feed of a business: what happened, in an order without gap or repeat."""
