"""What AWS's error codes mean: throttling, a conflict, a transient fault, or a refusal.

Sources: Amazon DynamoDB Developer Guide, "Error handling"; API Reference, "Common errors" and
`TransactionCanceledException`. Held to botocore's classification by tests.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from shopkeeper.net.connection import Reply

THROTTLING = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
CONFLICT = frozenset({"TransactionConflict", "TransactionConflictException", "TransactionInProgressException"})
TRANSIENT = frozenset({"RequestTimeout", "RequestTimeoutException"})
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})
DENIED = EXPIRED | {
    "AccessDenied",
    "AccessDeniedException",
    "IncompleteSignatureException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
TRANSIENT_STATUS = frozenset({500, 502, 503, 504})
CONDITION_FAILED = "ConditionalCheckFailed"


class CancellationReason(msgspec.Struct, frozen=True):
    """Why one action of a cancelled transaction failed; the code is `None` for those that did not."""

    code: str = msgspec.field(name="Code", default="None")
    message: str | None = msgspec.field(name="Message", default=None)


class Failure(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, code: str, message: str, reasons: Sequence[CancellationReason] = ()) -> None:
        super().__init__(f"{code or status}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.reasons = reasons

    @property
    def codes(self) -> set[str]:
        """The code, or those of a cancelled transaction's reasons."""
        if self.code == "TransactionCanceledException":
            return {reason.code for reason in self.reasons}
        return {self.code}

    @property
    def condition_failed(self) -> int | None:
        """The position of the first action whose condition failed; it counts more than every other reason."""
        for position, reason in enumerate(self.reasons):
            if reason.code == CONDITION_FAILED:
                return position
        return None

    @property
    def throttled(self) -> bool:
        """Whether there were too many requests; nothing was applied."""
        return bool(self.codes & THROTTLING)

    @property
    def conflicting(self) -> bool:
        """Whether others write the same items, or the same transaction is still running."""
        return bool(self.codes & CONFLICT)

    @property
    def transient(self) -> bool:
        """Whether the fault may pass; a write may have been applied."""
        return self.status in TRANSIENT_STATUS or bool(self.codes & TRANSIENT)

    @property
    def denied(self) -> bool:
        """Whether the credentials were refused."""
        return self.code in DENIED

    @property
    def expired(self) -> bool:
        """Whether newer credentials would help."""
        return self.code in EXPIRED


def failure_of(reply: Reply) -> Failure:
    """Return the failure that an answer describes, whatever it leaves out."""
    try:
        content = msgspec.json.decode(reply.body, type=dict[str, Any])
    except ValueError:
        content = {}
    code = str(content.get("__type") or content.get("code") or reply.headers.get("x-amzn-errortype") or "")
    code = code.rpartition("#")[2].partition(":")[0]
    message = str(content.get("message") or content.get("Message") or "")
    try:
        reasons = msgspec.convert(content.get("CancellationReasons") or [], list[CancellationReason])
    except msgspec.ValidationError:
        reasons = []
    return Failure(reply.status, code, message, reasons)
