"""The errors for everything outside a request."""

from collections.abc import Mapping


class ConfigurationError(Exception):
    """A setting, a file or a credential is invalid. The text is one sentence for the operator."""


class RunFailed(Exception):
    """A run of a job failed in part. `metrics` are the business events of the part that was done."""

    def __init__(self, message: str, metrics: Mapping[str, int]) -> None:
        super().__init__(message)
        self.metrics = metrics
