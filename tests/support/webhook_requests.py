"""What a receiver of webhooks was sent."""

from tests.support.faults import Exchange


def fields(exchange: Exchange) -> dict[str, str]:
    """Return the header fields of a request, with names in lower case."""
    lines = exchange.header.decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
