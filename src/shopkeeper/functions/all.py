"""All functions, for what serves or describes them together; a Lambda imports only its own."""

from shopkeeper.functions.accounts import ACCOUNTS
from shopkeeper.functions.auth import AUTH
from shopkeeper.functions.health import HEALTH
from shopkeeper.functions.orders import ORDERS_FUNCTION
from shopkeeper.functions.visits import VISITS

FUNCTIONS = (VISITS, HEALTH, AUTH, ACCOUNTS, ORDERS_FUNCTION)
