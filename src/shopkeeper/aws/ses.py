"""Sends messages by Amazon SES. Source: Amazon SES API v2 Reference, `SendEmail`."""

from base64 import b64encode

from shopkeeper.aws.client import AwsClient, NoAnswer, Service
from shopkeeper.aws.credentials import NoCredentials
from shopkeeper.aws.failures import Failure
from shopkeeper.aws.settings import AwsSettings

SES = Service(
    name="ses",
    host="email",
    target="",
    content_type="application/json",
    variable="SESV2",
    paths={"SendEmail": "/v2/email/outbound-emails"},
)
SECONDS = 15.0
FINAL = frozenset({"BadRequestException"})
"""Errors of the request itself, such as its address: a retry does not help. Other errors depend on the state of the
account, such as an identity that is not verified yet."""


class NotTaken(Exception):
    """SES did not accept a message, or its answer is lost. The text is a code. If `is_final`, a retry does not help."""

    def __init__(self, code: str, *, is_final: bool = False) -> None:
        super().__init__(code)
        self.is_final = is_final


class SesSender:
    """Sends messages of one region's SES."""

    def __init__(self, region: str, settings: AwsSettings) -> None:
        """Raises ConfigurationError if there are no credentials. Connects with the first message."""
        self._client = AwsClient(SES, region, settings, seconds=SECONDS)

    def close(self) -> None:
        """Close the idle connection."""
        self._client.close()

    def send(self, sender: str, recipient: str, message: bytes) -> None:
        """Send a raw message. Raises NotTaken; even then the message may have been sent."""
        request = {
            "FromEmailAddress": sender,
            "Destination": {"ToAddresses": [recipient]},
            "Content": {"Raw": {"Data": b64encode(message).decode()}},
        }
        try:
            self._client.call("SendEmail", request, repeatable=False)
        except Failure as failure:
            # Its message may repeat the address.
            raise NotTaken(f"SES {failure.code or failure.status}", is_final=failure.code in FINAL) from None
        except (NoAnswer, NoCredentials) as error:
            raise NotTaken(f"SES {type(error).__name__}") from error
