"""A function as data: the endpoints that one deployable Lambda serves, and what it may do on which table."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from shopkeeper.clock import Clock, utc_now
from shopkeeper.http import (
    ApiError,
    Application,
    CorsPolicy,
    Endpoint,
    ErrorFormat,
    InternalError,
    Route,
    ServiceUnavailable,
)
from shopkeeper.settings import Settings
from shopkeeper.storage import Grant, Store, StoreOutage, Table

if TYPE_CHECKING:
    from shopkeeper.identity.service import Identity


class Resources(msgspec.Struct, frozen=True):
    """What services are built from."""

    settings: Settings
    store: Store
    clock: Clock = utc_now
    identity: "Identity | None" = None

    def known(self) -> "Identity":
        """Return the identity, of which a function that knows its callers is given one."""
        if self.identity is None:
            raise ValueError("this function needs an identity")
        return self.identity


class Part(msgspec.Struct, frozen=True):
    """Endpoints of a domain, and how the service is built that answers them.

    Those `without_cognito` are not served where identities come from a Cognito pool.
    """

    endpoints: tuple[Endpoint[Any], ...]
    build: Callable[[Resources], object]
    without_cognito: bool = False


class Function(msgspec.Struct, frozen=True):
    """One deployable function. Its first endpoint is what an event without a path means.

    A function that `knows_callers` is built with an identity. `libraries` names its lock under
    `requirements/`. `memory` is in MB, and buys processor time with it; `timeout` is in seconds.
    """

    name: str
    service: str
    parts: tuple[Part, ...]
    grants: Mapping[Table, Grant]
    errors: ErrorFormat
    knows_callers: bool = False
    libraries: str = "function"
    memory: int = 256
    timeout: int = 10

    @property
    def endpoints(self) -> tuple[Endpoint[Any], ...]:
        """Everything that the function serves."""
        return tuple(endpoint for part in self.parts for endpoint in part.endpoints)

    def routes(self, resources: Resources) -> list[Route]:
        """Return the function's endpoints, ready to answer, but those that Cognito stands in for."""
        cognito = bool(resources.settings.cognito_user_pool_id)
        return [
            Route(endpoint, service, self.errors)
            for part in self.parts
            if not (part.without_cognito and cognito)
            for service in [part.build(resources)]
            for endpoint in part.endpoints
        ]


def application(functions: tuple[Function, ...], resources: Resources, *more: Route) -> Application:
    """Return the application that serves these functions, and `more` routes beside them."""
    routes = [route for function in functions for route in function.routes(resources)]
    authenticate = resources.identity.authenticate if resources.identity else None
    settings = resources.settings
    cors = CorsPolicy(settings.allowed_origins, local=settings.local_origins, explains=settings.stage == "dev")
    return Application([*routes, *more], cors, translate, authenticate)


def translate(error: Exception) -> ApiError:
    """Return what a caller may know of an error that is not the caller's: the one place where this is said."""
    return ServiceUnavailable() if isinstance(error, StoreOutage) else InternalError()
