"""Names of business metrics: what requests and runs did, like `OrdersExpired`.

Names are written in the code alone, so their number is limited. A name that ends in a currency of ISO 4217, like
`Revenue.EUR`, is a metric `Revenue` with the dimension `currency`.
"""


def in_currency(name: str, currency: str) -> str:
    """Return the name of a metric in one currency."""
    return f"{name}.{currency}"


def has_currency(name: str) -> bool:
    """Tell whether the name of a metric ends in a currency."""
    return "." in name


def split_currency(name: str) -> tuple[str, str]:
    """Return a name without its currency, and the currency. It is empty for most names."""
    base, _, currency = name.partition(".")
    return base, currency
