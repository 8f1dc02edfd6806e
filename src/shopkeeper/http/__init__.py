"""Sans-IO HTTP: the public surface that domains, functions and runtimes build on."""

from shopkeeper.http.application import Application
from shopkeeper.http.cors import CorsPolicy
from shopkeeper.http.endpoint import Call, Endpoint, Nothing, Reply, Route, endpoint
from shopkeeper.http.errors import (
    PROBLEM_JSON,
    ApiError,
    BadRequest,
    Conflict,
    ContentTooLarge,
    ErrorFormat,
    FieldError,
    InternalError,
    InvalidInput,
    MalformedBody,
    NotFound,
    Problem,
    ServiceUnavailable,
    UnsupportedMediaType,
)
from shopkeeper.http.message import Request, Response, split_path

__all__ = [
    "PROBLEM_JSON",
    "ApiError",
    "Application",
    "BadRequest",
    "Call",
    "Conflict",
    "ContentTooLarge",
    "CorsPolicy",
    "Endpoint",
    "ErrorFormat",
    "FieldError",
    "InternalError",
    "InvalidInput",
    "MalformedBody",
    "NotFound",
    "Nothing",
    "Problem",
    "Reply",
    "Request",
    "Response",
    "Route",
    "ServiceUnavailable",
    "UnsupportedMediaType",
    "endpoint",
    "split_path",
]
