"""A function as data: what makes one deployable Lambda run, and what it may do on which table."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from shopkeeper.functions.queues import Queue, QueueOperation, dead_letters
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Http, Part, Rotation, Schedule, Stream, Trigger
from shopkeeper.http import (
    Access,
    ApiError,
    Application,
    CorsPolicy,
    Endpoint,
    ErrorFormat,
    InternalError,
    Route,
    ServiceUnavailable,
)
from shopkeeper.storage import Grant, StoreOutage, Table

if TYPE_CHECKING:
    from shopkeeper.http.limiter import Limiter


PictureOperation = Literal["read", "write", "remove"]


class Function(msgspec.Struct, frozen=True):
    """One deployable function. Its first endpoint is what an event without a path means.

    `grants` says what it may do on which table, `queues` on which queue, `pictures` with the pictures of the stage. One
    that `sends_mail` may send from the address that `MAIL_FROM` names. A function that `authenticates` is built with an
    identity. On AWS filters of its log count the metrics of requests that `counted` names; all others a line declares.
    `libraries` names its lock under `requirements/`. `memory` is in MB, and Lambda gives processor time in proportion;
    `timeout` is in seconds. A deployment may reserve its `concurrency`. One that `has_url` gets a Function URL with
    `FRONT=distribution`, by which the distribution asks it without the gateway.
    """

    name: str
    service: str
    triggers: tuple[Trigger, ...]
    grants: Mapping[Table, Grant]
    errors: ErrorFormat
    queues: Mapping[Queue, frozenset[QueueOperation]] = {}
    sends_mail: bool = False
    pictures: frozenset[PictureOperation] = frozenset()
    authenticates: bool = False
    counted: tuple[str, ...] = ()
    libraries: str = "function"
    memory: int = 256
    timeout: int = 10
    concurrency: int = 10
    has_url: bool = False

    @property
    def endpoints(self) -> tuple[Endpoint[Any], ...]:
        """Every endpoint that the function serves."""
        return tuple(endpoint for part in self.parts for endpoint in part.endpoints)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of its HTTP triggers."""
        return tuple(part for trigger in self.triggers if isinstance(trigger, Http) for part in trigger.parts)

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """Its schedules."""
        return tuple(trigger for trigger in self.triggers if isinstance(trigger, Schedule))

    @property
    def streams(self) -> tuple[Stream, ...]:
        """Its streams."""
        return tuple(trigger for trigger in self.triggers if isinstance(trigger, Stream))

    @property
    def rotation(self) -> Rotation | None:
        """Its trigger by a rotation of the secret, if it has one."""
        return next((trigger for trigger in self.triggers if isinstance(trigger, Rotation)), None)

    @property
    def is_for_aws_alone(self) -> bool:
        """Whether one machine has no use for it: nobody there rotates a secret, or signs with AWS credentials."""
        is_signed = [endpoint.access is Access.AWS_IAM for endpoint in self.endpoints]
        return self.rotation is not None or (bool(is_signed) and all(is_signed))

    @property
    def dead_letters(self) -> tuple[Queue, ...]:
        """The dead-letter queues of its asynchronous triggers, one for each."""
        names = [*(schedule.name for schedule in self.schedules), *(stream.name for stream in self.streams)]
        return tuple(dead_letters(name) for name in names)

    def routes(self, resources: Resources) -> list[Route]:
        """Return the function's endpoints with their services. Those that Cognito replaces are left out."""
        cognito = bool(resources.settings.cognito_user_pool_id)
        return [
            Route(endpoint, service, part.errors or self.errors)
            for part in self.parts
            if not (part.without_cognito and cognito)
            for service in [part.build(resources)]
            for endpoint in part.served(resources.settings)
        ]


def application(
    functions: tuple[Function, ...], resources: Resources, *more: Route, limiter: "Limiter | None" = None
) -> Application:
    """Return the application that serves these functions, and `more` routes beside them or in place of theirs.

    Only one machine has a `limiter`: on Lambda each container would count for itself, and the gateway limits rates.
    """
    taken = {(route.endpoint.method, route.endpoint.path) for route in more}
    routes = [
        route
        for function in functions
        for route in function.routes(resources)
        if (route.endpoint.method, route.endpoint.path) not in taken
    ]
    authenticate = resources.identity.authenticate if resources.identity else None
    settings = resources.settings
    cors = CorsPolicy(settings.allowed_origins, local=settings.local_origins, explains=settings.stage == "dev")
    plain = settings.unknown_paths == "plain"
    everything = [*routes, *more]
    return Application(everything, cors, translate, authenticate, plain_refusals=plain, limiter=limiter)


def translate(error: Exception) -> ApiError:
    """Return the ApiError that a caller sees for an internal error. No other code decides this."""
    return ServiceUnavailable() if isinstance(error, StoreOutage) else InternalError()
