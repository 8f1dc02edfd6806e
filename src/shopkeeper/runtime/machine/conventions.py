"""What spans say, in the words of OpenTelemetry's semantic conventions.

They have no query, header field, body, key or address of a client, and no path unless it is of a declared route: what
strangers write in other paths may be anything.

Sources: OpenTelemetry Semantic Conventions, "HTTP spans", "Database spans", "RPC spans" and "Recording errors".
"""

import re
from collections.abc import Mapping

from shopkeeper.http import Request, Response
from shopkeeper.http.endpoint import METHODS
from shopkeeper.net.spans import Call, Operation, Span

Attribute = str | int | list[str]
Attributes = dict[str, Attribute]

KNOWN_METHODS = METHODS | {"HEAD", "OPTIONS"}
OTHER_METHOD = "_OTHER"
NO_METHOD = "HTTP"
"""How the span of a request with another method is called."""

MOST_PATH = 200
SYSTEMS = {"dynamodb": "aws.dynamodb"}
"""AWS services that are databases, by the names that the conventions have for them."""

_HOST = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?")


def request_name(request: Request, route: str) -> str:
    """Return what the span of a request is called: its method and the template of its path."""
    method = request.method if request.method in KNOWN_METHODS else NO_METHOD
    return f"{method} {route}" if route else method


def request_attributes(request: Request, route: str, response: Response) -> Attributes:
    """Return what the span of a request says."""
    found: Attributes = {
        "http.request.method": request.method if request.method in KNOWN_METHODS else OTHER_METHOD,
        "http.response.status_code": response.status,
        "url.scheme": "http",
        **_server(request.headers),
    }
    if route:
        found["http.route"] = route
        found["url.path"] = request.path[:MOST_PATH]
    if fault := request_fault(response):
        found["error.type"] = fault
    return found


def request_fault(response: Response) -> str:
    """Return what went wrong in the server, empty for nothing. A mistake of the client's is no fault of the server."""
    if response.error is not None:
        return type(response.error).__name__
    return str(response.status) if response.status >= 500 else ""


def part_name(part: Span) -> str:
    """Return what the span of a part is called."""
    if isinstance(part, Operation):
        return f"{part.name} {part.tables[0]}" if len(part.tables) == 1 else part.name
    if isinstance(part, Call):
        return f"{part.service}.{part.operation or part.method}" if part.service else part.method
    return part.name


def part_attributes(part: Span) -> Attributes:
    """Return what the span of a part says."""
    found: Attributes = {}
    if isinstance(part, Operation):
        found = _database(part.system, part.name, part.tables)
    elif isinstance(part, Call):
        found = _call(part)
    if fault := part_fault(part):
        found["error.type"] = fault
    return found


def part_fault(part: Span) -> str:
    """Return what went wrong in a part, empty for nothing."""
    if isinstance(part, Call) and part.status:
        return str(part.status) if part.status >= 400 else ""
    return part.failure


def _call(call: Call) -> Attributes:
    operation = call.operation or call.method
    found: Attributes = {"server.address": call.host}
    if call.service in SYSTEMS:
        found |= _database(SYSTEMS[call.service], operation, call.tables)
    elif call.service:
        found |= {"rpc.system": "aws-api", "rpc.service": call.service, "rpc.method": operation}
    else:
        found["http.request.method"] = call.method
    if call.status:
        found["http.response.status_code"] = call.status
    if call.attempts > 1:
        found["http.request.resend_count"] = call.attempts - 1
    return found


def _database(system: str, operation: str, tables: tuple[str, ...]) -> Attributes:
    found: Attributes = {"db.system.name": system, "db.operation.name": operation}
    if len(tables) == 1:
        found["db.collection.name"] = tables[0]
    elif tables:
        found["db.query.summary"] = f"{operation} {' '.join(tables)}"
    return found


def _server(headers: Mapping[str, str]) -> Attributes:
    """Return the name under which the client knows this server, if it says one that can be one."""
    match = _HOST.fullmatch(headers.get("host", ""))
    if match is None:
        return {}
    port: Attributes = {"server.port": int(match[2])} if match[2] else {}
    return {"server.address": match[1].strip("[]").lower(), **port}
