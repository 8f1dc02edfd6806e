"""AWS's own variables: where its services are, and where credentials come from.

Source: AWS SDKs and Tools Reference Guide, "Environment variables support".
"""

from collections.abc import Mapping

import msgspec

from shopkeeper.secret import Secret

ENDPOINT = "AWS_ENDPOINT_URL"
CONTAINER_HOST = "http://169.254.170.2"
"""The host of `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`."""


class AwsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What AWS's own variables say; a variable that is empty is not set.

    They are read once. Under Lambda's SnapStart there are no keys among them, but a container's URL and its token,
    which stay the same after a restore. What changes is what that URL answers, and what a token file holds: both
    are read when credentials are fetched.
    """

    access_key: str = ""
    secret_key: Secret | None = None
    session_token: Secret | None = None
    container_url: str = ""
    container_token: Secret | None = None
    container_token_file: str = ""
    endpoint_url: str = ""
    endpoint_urls: Mapping[str, str] = {}
    ca_bundle: str = ""

    def endpoint(self, service: str) -> str:
        """Return the URL of `AWS_ENDPOINT_URL_<service>`, else of `AWS_ENDPOINT_URL`; empty if neither is set."""
        return self.endpoint_urls.get(service) or self.endpoint_url


def read_aws(environment: Mapping[str, str]) -> AwsSettings:
    """Return what AWS's own variables say. Nothing is checked here: on SQLite nothing of it is used."""
    relative = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "")
    url = CONTAINER_HOST + relative if relative else environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI", "")
    services = f"{ENDPOINT}_"
    return AwsSettings(
        access_key=environment.get("AWS_ACCESS_KEY_ID", ""),
        secret_key=_secret(environment, "AWS_SECRET_ACCESS_KEY"),
        session_token=_secret(environment, "AWS_SESSION_TOKEN"),
        container_url=url,
        container_token=_secret(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN"),
        container_token_file=environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", ""),
        endpoint_url=environment.get(ENDPOINT, ""),
        endpoint_urls={
            name.removeprefix(services): environment[name] for name in environment if name.startswith(services)
        },
        ca_bundle=environment.get("AWS_CA_BUNDLE", ""),
    )


def _secret(environment: Mapping[str, str], variable: str) -> Secret | None:
    text = environment.get(variable)
    return Secret(text) if text else None
