"""Sans-IO HTTP: the public surface that domains, functions and runtimes build on."""

from shopkeeper.http.access import Access, Authenticate, Caller
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
    Forbidden,
    InternalError,
    InvalidInput,
    MalformedBody,
    NotFound,
    PreconditionFailed,
    Problem,
    ServiceUnavailable,
    TooManyRequests,
    Unauthenticated,
    UnsupportedMediaType,
)
from shopkeeper.http.message import Request, Response, split_path

__all__ = [
    "PROBLEM_JSON",
    "Access",
    "ApiError",
    "Application",
    "Authenticate",
    "BadRequest",
    "Call",
    "Caller",
    "Conflict",
    "ContentTooLarge",
    "CorsPolicy",
    "Endpoint",
    "ErrorFormat",
    "FieldError",
    "Forbidden",
    "InternalError",
    "InvalidInput",
    "MalformedBody",
    "NotFound",
    "Nothing",
    "PreconditionFailed",
    "Problem",
    "Reply",
    "Request",
    "Response",
    "Route",
    "ServiceUnavailable",
    "TooManyRequests",
    "Unauthenticated",
    "UnsupportedMediaType",
    "endpoint",
    "split_path",
]
