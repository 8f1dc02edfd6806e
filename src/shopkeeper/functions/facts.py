"""The facts from the declarations that the descriptions of the infrastructure use, as plain data.

`make facts` writes it to `infrastructure/facts.json`. Names in it have neither stage nor colour: those are a
deployment's own.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from shopkeeper.functions.alarms import Alarm, alarms
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.dashboard import Shown, Widget, widgets
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.filters import Filter, filters
from shopkeeper.functions.permissions import Permission, permissions_of, secret_actions_of
from shopkeeper.functions.queries import QUERIES, Query
from shopkeeper.functions.queues import DEAD_LETTER_SECONDS, dead_letters
from shopkeeper.http import Access, Endpoint
from shopkeeper.http.application import COMMON_HEADERS
from shopkeeper.http.cors import ALLOWED_HEADERS, PREFLIGHT_SECONDS
from shopkeeper.http.routing import is_parameter
from shopkeeper.pages.files import MEDIA_TYPES
from shopkeeper.pages.headers import CACHE_CONTROL, SECURITY_HEADERS, content_security_policy
from shopkeeper.settings import DEV_ORIGINS, SETTINGS
from shopkeeper.storage import Table
from shopkeeper.storage.tables import TABLES

Facts = dict[str, Any]

ID_SIGNS = 36


def facts(functions: tuple[Function, ...] = FUNCTIONS, tables: tuple[Table, ...] = TABLES) -> Facts:
    """Return the facts about these functions and tables, in the order of their declarations."""
    return {
        "functions": {function.name: _function(function) for function in functions},
        "routes": {route: function.name for function in functions for route in _routes(function.endpoints)},
        "signed_routes": [route for function in functions for route in _routes(_signed(function))],
        "paths": sorted({endpoint.path for endpoint in _for_browsers(functions)}),
        "pages": _pages(functions),
        "preflight": _preflight(functions),
        "local_origin": DEV_ORIGINS.partition(",")[0],
        "schedules": {
            schedule.name: {
                "function": function.name,
                "rate": f"rate({schedule.minutes} minute{'s' if schedule.minutes > 1 else ''})",
                "input": {"schedule": schedule.name},
                "dead_letters": dead_letters(schedule.name).name,
            }
            for function in functions
            for schedule in function.schedules
        },
        "streams": {
            stream.name: {
                "function": function.name,
                "table": stream.table.name,
                "fallback": stream.fallback,
                "dead_letters": dead_letters(stream.name).name,
            }
            for function in functions
            for stream in function.streams
        },
        "dead_letters": [queue.name for function in functions for queue in function.dead_letters],
        "dead_letter_seconds": DEAD_LETTER_SECONDS,
        "alarms": {alarm.name: _data(alarm) for alarm in alarms(functions)},
        "queries": {query.name: _query(query, functions) for query in QUERIES},
        "filters": {one.name: _data(one) for one in filters(functions)},
        "widgets": [_widget(widget, functions) for widget in widgets(functions)],
        "tables": {table.name: _table(table, functions) for table in tables},
        "settings": {setting.variable: setting.meaning for setting in SETTINGS if setting.deployable},
    }


def _function(function: Function) -> Facts:
    return {
        "handler": f"shopkeeper.runtime.lambda_.handlers.{function.name}",
        "service": function.service,
        "memory": function.memory,
        "timeout": function.timeout,
        "concurrency": function.concurrency,
        "libraries": function.libraries,
        "authenticates": function.authenticates,
        "secret": list(secret_actions_of(function)),
        "rotates": function.rotation is not None,
        "has_url": function.has_url,
        "pictures": bool(function.pictures),
        # Lambda has one destination for what failed of a function, whichever of its schedules asked for it.
        "failures": dead_letters(function.schedules[0].name).name if function.schedules else None,
        "statements": list(_statements(permissions_of(function))),
    }


def _signed(function: Function) -> list[Endpoint[Any]]:
    """Return the endpoints that take only calls that are signed with AWS credentials."""
    return [endpoint for endpoint in function.endpoints if endpoint.access is Access.AWS_IAM]


def _for_browsers(functions: Iterable[Function]) -> list[Endpoint[Any]]:
    """Return the endpoints that browsers may call: they have preflights, and the distribution passes them on."""
    return [endpoint for one in functions for endpoint in one.endpoints if endpoint.access is not Access.AWS_IAM]


def _routes(endpoints: Iterable[Endpoint[Any]]) -> Iterable[str]:
    for endpoint in endpoints:
        yield f"{endpoint.method} {endpoint.path}"
        if endpoint.answers_head:
            yield f"HEAD {endpoint.path}"


def _pages(functions: tuple[Function, ...]) -> Facts:
    """Return what a distribution must know to serve the pages, and the API under the same address.

    `UPLOADS` stands for the origin of the bucket, to which browsers post pictures. Of the paths of the API, `cached`
    are those whose answers the distribution may keep as they say, and `direct` those of the function with a URL.
    """
    public = [endpoint for function in functions for endpoint in function.endpoints if endpoint.public]
    return {
        "cached": sorted(_cached(endpoint.path) for endpoint in public),
        "api": _patterns(functions),
        "direct": _patterns([function for function in functions if function.has_url]),
        "headers": {name: value for name, value in SECURITY_HEADERS.items() if name != "Content-Security-Policy"},
        "policy": content_security_policy("UPLOADS").split("; "),
        "cache_control": CACHE_CONTROL,
        "media_types": MEDIA_TYPES,
    }


def _patterns(functions: Iterable[Function]) -> list[str]:
    """Return what a distribution compares with the address for each path of these functions; `/` is a page's."""
    return sorted({_pattern(endpoint.path) for endpoint in _for_browsers(functions)} - {"/"})


def _pattern(path: str) -> str:
    """Return what a distribution compares with the address for a path: the path itself, or all below its first part."""
    first, _, rest = path.removeprefix("/").partition("/")
    return f"/{first}/*" if rest else path


def _cached(path: str) -> str:
    """Return what a distribution compares with the address for a public path and for no longer one.

    An id has as many signs as a UUID, and a question mark stands for one sign.
    """
    return "/".join("?" * ID_SIGNS if is_parameter(segment) else segment for segment in path.split("/"))


def _preflight(functions: tuple[Function, ...]) -> Facts:
    """Return the headers of a preflight, apart from the origin. HEAD needs no permission (Fetch, "CORS-safelisted")."""
    methods = sorted({endpoint.method for endpoint in _for_browsers(functions)})
    return {
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Allow-Methods": ", ".join([*methods, "OPTIONS"]),
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        "Vary": "Origin",
        **{name: value for name, value in COMMON_HEADERS.items() if name != "Content-Type"},
    }


def _statements(permissions: Iterable[Permission]) -> Iterable[Facts]:
    """Yield the statements of a policy: resources with the same actions share one.

    One with `senders` is for every identity of SES, on the condition that the address of these settings sends.
    """
    actions: dict[tuple[str, str], list[str]] = {}
    for permission in sorted(permissions):
        actions.setdefault(_resource(permission), []).append(permission.action)
    shared: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (kind, resource), allowed in sorted(actions.items()):
        shared.setdefault((kind, tuple(allowed)), []).append(resource)
    for (kind, allowed_here), resources in shared.items():
        yield {"actions": list(allowed_here), kind: resources}


def _resource(permission: Permission) -> tuple[str, str]:
    """Return the kind of a resource and its name, as at the end of its ARN, without the stage."""
    match permission.kind:
        case "queue":
            return "queues", permission.name
        case "sender":
            return "senders", permission.name
        case "object":
            return "objects", permission.name
        case "index":
            return "tables", f"{permission.name}/index/{permission.index}"
        case "stream":
            return "tables", f"{permission.name}/stream/*"
        case "table":
            return "tables", permission.name


def _query(query: Query, functions: tuple[Function, ...]) -> Facts:
    return _data(query) | {"functions": list(query.functions) or [function.name for function in functions]}


def _widget(widget: Widget, functions: tuple[Function, ...]) -> Facts:
    """Return a graph, with its metrics that filters count marked: those have a namespace of their own."""
    counted = {(one.service, one.metric) for one in filters(functions)}
    shown = [_data(one) | {"counted": (one.service, one.metric) in counted} for one in widget.metrics]
    return _data(widget) | {"metrics": shown}


def _data(declared: Alarm | Filter | Query | Shown | Widget) -> Facts:
    """Return what is declared, without its name."""
    facts: Facts = msgspec.json.decode(msgspec.json.encode(declared))
    facts.pop("name", None)
    return facts


def _table(table: Table, functions: tuple[Function, ...]) -> Facts:
    keys = [table.key, *(index.key for index in table.indexes)]
    return {
        "environment": table.environment,
        "attributes": {attribute.name: attribute.type for key in keys for attribute in key.attributes},
        "key": [attribute.name for attribute in table.key.attributes],
        "indexes": {index.name: [attribute.name for attribute in index.key.attributes] for index in table.indexes},
        "ttl": table.ttl,
        "ephemeral": table.ephemeral,
        "stream": any(stream.table == table for function in functions for stream in function.streams),
    }
