"""AWS Signature Version 4 for JSON requests to one service.

Source: AWS IAM User Guide, "Create a signed AWS API request". Held to botocore's by tests.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

import msgspec

from shopkeeper.errors import ConfigurationError

ALGORITHM = "AWS4-HMAC-SHA256"


class Credentials(msgspec.Struct, frozen=True):
    """An AWS access key; `expires` is a second of the Unix epoch, None for one that does not."""

    access_key: str
    secret_key: str
    token: str | None = None
    expires: float | None = None

    def __post_init__(self) -> None:
        for text in (self.access_key, self.secret_key, self.token or ""):
            if not text.isascii() or not text.isprintable():
                raise ConfigurationError("AWS credentials hold a character that none can have, such as a line break.")

    def __repr__(self) -> str:
        return f"Credentials({self.access_key[:4]}…)"


class Signer:
    """Signs requests of one region and service; the day's key is derived once."""

    def __init__(self, region: str, service: str) -> None:
        self._region = region
        self._service = service
        self._key_of: tuple[str, str] = ("", "")
        self._key = b""

    def sign(
        self, credentials: Credentials, headers: Mapping[str, str], body: bytes, now: datetime, path: str = "/"
    ) -> dict[str, str]:
        """Return the header fields that a POST with these fields and body must carry as well.

        `headers` are all that are to be signed, `host` among them; `now` is in UTC. `path` needs no percent-encoding.
        """
        moment = now.strftime("%Y%m%dT%H%M%SZ")
        added = {"x-amz-date": moment}
        if credentials.token:
            added["x-amz-security-token"] = credentials.token
        signed = {name.lower(): " ".join(value.split()) for name, value in {**headers, **added}.items()}
        names = ";".join(sorted(signed))
        fields = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        canonical = f"POST\n{path}\n\n{fields}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{moment[:8]}/{self._region}/{self._service}/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"{ALGORITHM}\n{moment}\n{scope}\n{digest}"
        signature = hmac.digest(self._signing_key(credentials.secret_key, moment[:8]), to_sign.encode(), "sha256")
        credential = f"{credentials.access_key}/{scope}"
        added["authorization"] = (
            f"{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature.hex()}"
        )
        return added

    def _signing_key(self, secret: str, day: str) -> bytes:
        if self._key_of != (secret, day):
            key = f"AWS4{secret}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._key, self._key_of = key, (secret, day)
        return self._key
