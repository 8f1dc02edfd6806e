"""Powertools' Logger, and nothing that it would load for uses which are not ours.

Where botocore is installed, as in Lambda's own runtime, Powertools imports it to put its name into the
requests of SDK clients. We make none, so it is hidden for the length of the import.
"""

import sys

_HIDDEN = "botocore"
_hide = _HIDDEN not in sys.modules
if _hide:
    sys.modules[_HIDDEN] = None  # type: ignore[assignment]  # makes `import botocore` an ImportError
try:
    from aws_lambda_powertools.logging import Logger
finally:
    if _hide:
        del sys.modules[_HIDDEN]

__all__ = ["Logger"]
