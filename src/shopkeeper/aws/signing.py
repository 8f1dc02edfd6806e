"""AWS Signature Version 4 for requests to one service.

Source: AWS IAM User Guide, "Create a signed AWS API request". Held to botocore's by tests.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from shopkeeper.errors import ConfigurationError
from shopkeeper.hashing import hmac_sha256, sha256

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
        self,
        credentials: Credentials,
        headers: Mapping[str, str],
        body: bytes,
        now: datetime,
        *,
        method: str = "POST",
        path: str = "/",
        query: str = "",
    ) -> dict[str, str]:
        """Return the header fields that a request with these fields and body must carry as well.

        `headers` are all that are to be signed, `host` among them; `now` is in UTC. `path` and `query` are
        percent-encoded, and the parameters of the query are sorted by their names.
        """
        # `strftime` takes six times as long.
        moment = now.isoformat(timespec="seconds")[:19].replace("-", "").replace(":", "") + "Z"
        added = {"x-amz-date": moment}
        if credentials.token:
            added["x-amz-security-token"] = credentials.token
        signed = {name.lower(): " ".join(value.split()) for name, value in {**headers, **added}.items()}
        names = ";".join(sorted(signed))
        fields = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        canonical = f"{method}\n{path}\n{query}\n{fields}\n{names}\n{sha256(body).hexdigest()}"
        scope = self._scope(moment)
        digest = sha256(canonical.encode()).hexdigest()
        to_sign = f"{ALGORITHM}\n{moment}\n{scope}\n{digest}"
        credential = f"{credentials.access_key}/{scope}"
        signature = self._signature(credentials, to_sign, moment[:8])
        added["authorization"] = f"{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
        return added

    def credential(self, credentials: Credentials, now: datetime) -> str:
        """Return the access key with the scope of a signature of this moment, in UTC."""
        return f"{credentials.access_key}/{self._scope(now.strftime('%Y%m%d'))}"

    def signature(self, credentials: Credentials, text: str, now: datetime) -> str:
        """Return the signature of a text at a moment in UTC, 64 hexadecimal digits."""
        return self._signature(credentials, text, now.strftime("%Y%m%d"))

    def _signature(self, credentials: Credentials, text: str, day: str) -> str:
        key = self._signing_key(credentials.secret_key, day)
        return hmac_sha256(key, text.encode()).hex()

    def _scope(self, moment: str) -> str:
        return f"{moment[:8]}/{self._region}/{self._service}/aws4_request"

    def _signing_key(self, secret: str, day: str) -> bytes:
        if self._key_of != (secret, day):
            key = f"AWS4{secret}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac_sha256(key, part.encode())
            self._key, self._key_of = key, (secret, day)
        return self._key
