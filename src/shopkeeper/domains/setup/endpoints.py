"""The endpoints of the first run."""

from shopkeeper.domains.accounts.model import AlreadyRegistered, TooManyAttempts
from shopkeeper.domains.businesses.offers import check_address
from shopkeeper.domains.setup.locality import is_at_this_machine
from shopkeeper.domains.setup.model import AlreadySetUp, FirstRun, FirstRunDone, SetupState, WrongCode
from shopkeeper.domains.setup.service import Setup
from shopkeeper.http import Call, FieldError, InvalidInput, Load, Nothing, RateLimit, Reply, endpoint

SETUP = RateLimit("setup", requests=20, seconds=600)


@endpoint("GET /api/setup")
def read_setup(setup: Setup, call: Call[Nothing, Nothing]) -> Reply[SetupState]:
    """Tell whether the first run is still to come."""
    return Reply(setup.state(is_local=is_at_this_machine(call.request)))


@endpoint(
    "POST /api/setup",
    status=201,
    errors=(AlreadySetUp, WrongCode, AlreadyRegistered, TooManyAttempts),
    load=Load.HASHES,
    limits=(SETUP,),
)
def set_up(setup: Setup, call: Call[Nothing, FirstRun]) -> Reply[FirstRunDone]:
    """Make the owner's account and the business, once, and sign the owner in."""
    try:
        check_address(call.body.business.address)
    except InvalidInput as error:
        raise InvalidInput([FieldError(f"business.{one.field}", one.message) for one in error.errors]) from None
    done = setup.run(call.body, call.request.client_address, is_local=is_at_this_machine(call.request))
    return Reply(done, metrics={"Accounts": 1, "Registrations": 1})


ENDPOINTS = (read_setup, set_up)
