"""The first run, which only one machine serves: on AWS a deployment's owner makes the first account."""

from shopkeeper.domains.setup.code import new_code
from shopkeeper.domains.setup.endpoints import ENDPOINTS
from shopkeeper.domains.setup.service import Setup
from shopkeeper.functions.accounts import build as build_accounts
from shopkeeper.functions.resources import Resources
from shopkeeper.http import PROBLEM_JSON, Route
from shopkeeper.storage import StoreError

__all__ = ["may_need_setup", "new_code", "setup_routes"]


def build(resources: Resources, code: str) -> Setup:
    """Return the service. With a Cognito pool there are no accounts to make here."""
    is_ours = not resources.settings.cognito_user_pool_id
    sign_in = build_accounts(resources).sign_in if is_ours else None
    return Setup(resources.store, resources.clock, code, sign_in, trusts_loopback=_trusts_loopback(resources))


def setup_routes(resources: Resources, code: str) -> list[Route]:
    """Return the routes of the first run. `code` is what callers from another machine need."""
    service = build(resources, code)
    return [Route(endpoint, service, PROBLEM_JSON) for endpoint in ENDPOINTS]


def may_need_setup(resources: Resources) -> bool:
    """Tell whether the first run is still to come, as far as the store can be read."""
    try:
        return build(resources, "").is_needed()
    except StoreError:
        return True


def _trusts_loopback(resources: Resources) -> bool:
    """Tell whether a request from loopback is its operator's. Where proxies are named, it may be anybody's."""
    return not resources.settings.trusted_proxies
