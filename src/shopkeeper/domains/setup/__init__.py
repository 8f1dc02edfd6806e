"""The first run: the owner's account and the first business, made together and once."""
