"""From a function's declaration to the handler that Lambda calls."""

import gc
import os
from collections.abc import Callable, Mapping

from shopkeeper.functions.declaration import Function, application
from shopkeeper.identifiers import is_uuid, uuid4
from shopkeeper.net.deadline import ending_in
from shopkeeper.runtime.lambda_.events import Host, UnsupportedEvent, run_of
from shopkeeper.runtime.lambda_.tracing import tracer
from shopkeeper.runtime.resources import open_resources
from shopkeeper.runtime.telemetry.log import Telemetry
from shopkeeper.settings import read
from shopkeeper.storage.tables import TABLES

LONGEST_MILLISECONDS = 900_000
"""The longest that an invocation may take (AWS Lambda Developer Guide, "Lambda quotas")."""

Handler = Callable[..., object]
"""Takes an event and Lambda's context, and returns the reply. Raises UnsupportedEvent, and what a job raises."""


def lambda_handler(function: Function, environment: Mapping[str, str] = os.environ) -> Handler:
    """Return the handler of `function`, with everything built that outlives an invocation.

    Raises ConfigurationError for a wrong setting, so that a deployment fails at its start.
    """
    settings = read(environment, TABLES)
    resources = open_resources(settings, authenticates=function.authenticates)
    # Lambda's own metrics count requests.
    telemetry = Telemetry(function.service, settings, counts_requests=False, counted=frozenset(function.counted))
    first_path = function.endpoints[0].path if function.endpoints else ""
    host = Host(function, resources, application((function,), resources), telemetry, first_path)

    def serve(event: object, context: object) -> object:
        invocation_id = invocation_of(context)
        try:
            run = run_of(host, event)
        except UnsupportedEvent as error:
            telemetry.refuse(invocation_id, error)
            raise
        with ending_in(remaining_seconds(context)):
            return run(invocation_id)

    trace = tracer(environment, settings.stage)

    def handler(event: object, context: object = None) -> object:
        with trace():
            return serve(event, context)

    gc.freeze()  # all this stays, and a collection that looked at it would hold up the first events by milliseconds
    return handler


def invocation_of(context: object) -> str:
    """Return Lambda's id of the invocation, or a new one: a test's context may be anything."""
    found = getattr(context, "aws_request_id", None)
    return found if isinstance(found, str) and is_uuid(found) else uuid4()


def remaining_seconds(context: object) -> float | None:
    """Return the seconds until Lambda ends the invocation, None where the context does not say."""
    tell = getattr(context, "get_remaining_time_in_millis", None)
    left = tell() if callable(tell) else None
    if isinstance(left, int | float) and 0 < left <= LONGEST_MILLISECONDS:
        return left / 1000
    return None
