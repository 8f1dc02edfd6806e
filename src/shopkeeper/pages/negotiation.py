"""What a client wants: a page or JSON, compressed or not (RFC 9110, section 12)."""


def prefers_html(accept: str) -> bool:
    """Tell whether a client names `text/html` and gives it more weight than JSON, as browsers do for a page.

    `*/*` is what programs send, and names nothing.
    """
    weights = _weights(accept)
    json = weights.get("application/json", weights.get("application/*", weights.get("*/*", 0.0)))
    return weights.get("text/html", 0.0) > json


def takes_gzip(accept_encoding: str) -> bool:
    """Tell whether a client takes answers compressed by gzip."""
    weights = _weights(accept_encoding)
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weights(field: str) -> dict[str, float]:
    """Return the weight of each choice of a field; one that cannot be read is not wanted."""
    weights = {}
    for choice in field[:1000].lower().split(","):
        name, *parameters = (part.strip() for part in choice.split(";"))
        weights[name] = min((_weight(part[2:]) for part in parameters if part.startswith("q=")), default=1.0)
    return weights


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
