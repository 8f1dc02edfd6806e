"""All functions, for what serves or describes them together; a Lambda imports only its own."""

from shopkeeper.functions import accounts, health, mail, orders, registration, traffic, visits, webhooks

FUNCTIONS = (
    visits.FUNCTION,
    health.FUNCTION,
    registration.FUNCTION,
    accounts.FUNCTION,
    orders.FUNCTION,
    webhooks.FUNCTION,
    mail.FUNCTION,
    traffic.FUNCTION,
)
