"""Sans-IO HTTP: the public surface that domains, functions and runtimes build on."""

from shopkeeper.http.access import ACCESS_TOKEN, Access, Authenticate, Caller, Scheme
from shopkeeper.http.application import Application
from shopkeeper.http.call import Call, Nothing, Reply
from shopkeeper.http.content import Content
from shopkeeper.http.cors import CorsPolicy
from shopkeeper.http.endpoint import Endpoint, Route, endpoint
from shopkeeper.http.errors import (
    PROBLEM_JSON,
    ApiError,
    BadRequest,
    Conflict,
    ContentTooLarge,
    ErrorFormat,
    FieldError,
    Forbidden,
    Gone,
    InternalError,
    InvalidInput,
    MalformedBody,
    MethodNotAllowed,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Problem,
    RateLimited,
    ServerBusy,
    ServiceUnavailable,
    TooManyRequests,
    Unauthenticated,
    Unprocessable,
    UnsupportedMediaType,
)
from shopkeeper.http.headers import ETAG, LINK, LOCATION, RETRY_AFTER, HeaderField
from shopkeeper.http.limits import RateLimit
from shopkeeper.http.load import Load
from shopkeeper.http.message import Request, Response, split_path

__all__ = [
    "ACCESS_TOKEN",
    "ETAG",
    "LINK",
    "LOCATION",
    "PROBLEM_JSON",
    "RETRY_AFTER",
    "Access",
    "ApiError",
    "Application",
    "Authenticate",
    "BadRequest",
    "Call",
    "Caller",
    "Conflict",
    "Content",
    "ContentTooLarge",
    "CorsPolicy",
    "Endpoint",
    "ErrorFormat",
    "FieldError",
    "Forbidden",
    "Gone",
    "HeaderField",
    "InternalError",
    "InvalidInput",
    "Load",
    "MalformedBody",
    "MethodNotAllowed",
    "NotFound",
    "Nothing",
    "PreconditionFailed",
    "PreconditionRequired",
    "Problem",
    "RateLimit",
    "RateLimited",
    "Reply",
    "Request",
    "Response",
    "Route",
    "Scheme",
    "ServerBusy",
    "ServiceUnavailable",
    "TooManyRequests",
    "Unauthenticated",
    "Unprocessable",
    "UnsupportedMediaType",
    "endpoint",
    "split_path",
]
