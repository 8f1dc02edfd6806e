"""All functions, for what serves or describes them together; a Lambda imports only its own."""

from shopkeeper.functions import (
    accounts,
    health,
    mail,
    operations,
    orders,
    registration,
    rotation,
    traffic,
    visits,
    webhooks,
)

FUNCTIONS = (
    visits.FUNCTION,
    health.FUNCTION,
    registration.FUNCTION,
    accounts.FUNCTION,
    orders.FUNCTION,
    webhooks.FUNCTION,
    mail.FUNCTION,
    traffic.FUNCTION,
    operations.FUNCTION,
    rotation.FUNCTION,
)

ON_ONE_MACHINE = tuple(function for function in FUNCTIONS if not function.is_for_aws_alone)
"""Those that one machine serves."""
