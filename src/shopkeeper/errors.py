"""The error for everything outside a request."""


class ConfigurationError(Exception):
    """A setting, a file or a credential is invalid. The text is one sentence for the operator."""
