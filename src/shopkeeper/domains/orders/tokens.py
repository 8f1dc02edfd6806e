"""Order tokens: each proves that its bearer is the customer of an order. It is the code of the sealed order id."""

from shopkeeper.identity.keys import Keyring

PURPOSE = "order token"


def order_token(keyring: Keyring, order_id: str) -> str:
    """Return the token of an order, 43 characters."""
    return keyring.seal(PURPOSE, order_id).removeprefix(f"{order_id}.")


def is_token_of(keyring: Keyring, order_id: str, token: str) -> bool:
    """Tell whether a token is that of an order."""
    return keyring.open(PURPOSE, f"{order_id}.{token}") == (order_id,)
