"""The one error that everything outside a request may raise."""


class ConfigurationError(Exception):
    """A setting, a file or a credential is wrong; the text is one sentence for the operator."""
