"""The routes that only one machine has, beside those of the functions."""

from shopkeeper.functions.health import FUNCTION as HEALTH
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.setup import setup_routes
from shopkeeper.http import Route
from shopkeeper.runtime.machine.openapi import openapi_route
from shopkeeper.runtime.machine.pages import page_routes


def machine_routes(resources: Resources, setup_code: str) -> list[Route]:
    """Return the routes. `setup_code` is what callers from another machine need for the first run.

    Without an identity nobody has an account, so there is no first run.
    """
    welcome = next(route for route in HEALTH.routes(resources) if route.endpoint.path == "/")
    setup = setup_routes(resources, setup_code) if resources.identity is not None else []
    return [openapi_route(), *setup, *page_routes(welcome, has_docs=resources.settings.api_docs)]
