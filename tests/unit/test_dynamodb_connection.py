"""Where the client connects, whom it trusts and as whom it speaks."""

import _socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from shopkeeper.aws import credentials
from shopkeeper.aws.client import endpoint_of
from shopkeeper.aws.credentials import CredentialsProvider, NoCredentials
from shopkeeper.aws.settings import AwsSettings, read_aws
from shopkeeper.aws.signing import Credentials
from shopkeeper.errors import ConfigurationError
from shopkeeper.net import tls
from shopkeeper.net.url import Url
from shopkeeper.storage import StoreUnavailable, TableMissing
from shopkeeper.storage.dynamodb import DynamoDBStore
from tests.support.dynamodb import SECONDS
from tests.support.faults import Exchange, FaultyServer, answers, until_closed, well
from tests.support.stores import PLAIN, dynamodb_client

KEYS = {"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "secret"}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls_server(authority: trustme.CA) -> Iterator[str]:
    """A DynamoDB behind TLS, whose certificate a private authority signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    class TlsServer(FaultyServer):
        def _serve(self, connection):  # type: ignore[no-untyped-def]
            try:
                encrypted = context.wrap_socket(connection, server_side=True)
            except OSError:
                connection.close()
                return
            self._connections.append(encrypted)
            super()._serve(encrypted)

    with TlsServer(well(Item={"id": {"S": "x"}})) as server:
        yield server.url.replace("http://127.0.0.1", "https://localhost")


def read(environment: dict[str, str]) -> object:
    client = dynamodb_client({**KEYS, **environment}, seconds=SECONDS)
    try:
        return DynamoDBStore(client, {PLAIN: "plain"}).get(PLAIN, {"id": "x"})
    finally:
        client.close()


def test_a_certificate_is_verified_by_the_bundle_that_the_operator_names(
    tls_server: str, authority: trustme.CA, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    authority.cert_pem.write_to_path(str(bundle))
    assert read({"AWS_ENDPOINT_URL": tls_server, "AWS_CA_BUNDLE": str(bundle)}) == {"id": "x"}


def test_a_certificate_that_nobody_vouches_for_is_refused(tls_server: str) -> None:
    with pytest.raises(StoreUnavailable, match="certificate"):
        read({"AWS_ENDPOINT_URL": tls_server})


def test_a_certificate_for_another_host_is_refused(tls_server: str, authority: trustme.CA, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    authority.cert_pem.write_to_path(str(bundle))
    url = tls_server.replace("localhost", "127.0.0.1")
    with pytest.raises(StoreUnavailable, match="certificate"):
        read({"AWS_ENDPOINT_URL": url, "AWS_CA_BUNDLE": str(bundle)})


def test_the_systems_store_is_tried_where_amazons_roots_do_not_verify(
    tls_server: str, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    def systems_store() -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        authority.configure_trust(context)
        return context

    monkeypatch.setattr(ssl, "create_default_context", systems_store)
    assert read({"AWS_ENDPOINT_URL": tls_server}) == {"id": "x"}


def test_a_peer_is_checked_as_pythons_own_context_checks_it() -> None:
    ours, pythons = tls._context(tls.AMAZON_ROOTS), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert ours.check_hostname
    assert ours.verify_mode == ssl.CERT_REQUIRED
    assert (ours.options, ours.verify_flags) == (pythons.options, pythons.verify_flags)
    assert ours.minimum_version == ssl.TLSVersion.TLSv1_2


def test_amazons_roots_are_the_five_that_amazon_publishes() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(tls.AMAZON_ROOTS)
    names = sorted(dict(pair[0] for pair in root["subject"])["commonName"] for root in context.get_ca_certs())  # type: ignore[misc]
    amazon = [f"Amazon Root CA {number}" for number in (1, 2, 3, 4)]
    assert names == [*amazon, "Starfield Services Root Certificate Authority - G2"]


@pytest.mark.parametrize(
    "url", ["localhost:8000", "ftp://host", "http://", "http://host:99999", "http://host/path", "nonsense"]
)
def test_an_endpoint_that_is_none_is_said_so_at_once(url: str) -> None:
    with pytest.raises(ConfigurationError, match="endpoint URL"):
        dynamodb_client({**KEYS, "AWS_ENDPOINT_URL": url})


@pytest.mark.parametrize(
    ("url", "host", "port", "header", "encrypted"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1", 8000, "127.0.0.1:8000", False),
        ("http://host", "host", 80, "host", False),
        ("https://host/", "host", 443, "host", True),
        ("https://host:443", "host", 443, "host", True),
        ("http://[::1]:8000", "::1", 8000, "[::1]:8000", False),
    ],
)
def test_an_endpoint_is_read(url: str, host: str, port: int, header: str, encrypted: bool) -> None:
    assert endpoint_of(url) == Url(host, port, encrypted, header, "/")


def test_the_services_own_variable_comes_first() -> None:
    with FaultyServer(answers(400, b'{"__type": "ResourceNotFoundException"}')) as server:
        environment = {"AWS_ENDPOINT_URL_DYNAMODB": server.url, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
        with pytest.raises(TableMissing):
            read(environment)


@pytest.mark.parametrize("bundle", ["/nowhere/bundle.pem", __file__])
def test_a_bundle_that_cannot_be_read_is_said_so_at_once(bundle: str) -> None:
    with pytest.raises(ConfigurationError, match="AWS_CA_BUNDLE"):
        dynamodb_client({**KEYS, "AWS_CA_BUNDLE": bundle})


def test_missing_credentials_are_said_so_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match="No AWS credentials"):
        CredentialsProvider(AwsSettings())


def test_a_developers_profile_is_found_through_botocore(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    profile = tmp_path / "credentials"
    profile.write_text("[default]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = s\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(profile))
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    assert CredentialsProvider(AwsSettings()).get().access_key == "AKIAPROFILE"


def test_credentials_are_not_asked_of_a_strange_host_without_tls() -> None:
    with pytest.raises(ConfigurationError, match="without TLS"):
        CredentialsProvider(read_aws({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/creds"}))


def test_a_containers_credentials_are_fetched_once_with_its_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("let me in\n")
    body = b'{"AccessKeyId": "A", "SecretAccessKey": "S", "Token": "T", "Expiration": "2099-01-01T00:00:00Z"}'
    with FaultyServer(answers(200, body)) as server:
        environment = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/creds?a=b",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token),
        }
        provider = CredentialsProvider(read_aws(environment))
        assert not server.requests, "nothing is fetched before the first call"
        assert provider.get() == provider.get() == Credentials("A", "S", "T", 4070908800.0)
        assert len(server.requests) == 1
        assert server.requests[0].header.startswith(b"GET /creds?a=b HTTP/1.1\r\n")
        assert b"Authorization: let me in" in server.requests[0].header


def test_a_containers_credentials_are_read_from_an_answer_without_a_length() -> None:
    with FaultyServer(until_closed(b'{"AccessKeyId": "A", "SecretAccessKey": "S"}')) as server:
        provider = CredentialsProvider(read_aws({"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url}))
        assert provider.get() == Credentials("A", "S", None)


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "a\nb", "tökén"])
def test_a_containers_token_that_would_break_a_header_is_not_sent(token: str) -> None:
    with FaultyServer(answers(200, b"{}")) as server:
        variables = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": token}
        with pytest.raises(NoCredentials):
            CredentialsProvider(read_aws(variables)).get()
        assert server.accepted == 0


def test_a_token_file_is_read_each_time(tmp_path: Path) -> None:
    token = tmp_path / "token"
    variables = {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token)}
    with FaultyServer(answers(200, b'{"AccessKeyId": "A", "SecretAccessKey": "S"}')) as server:
        provider = CredentialsProvider(read_aws({**variables, "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url}))
        for text in ("first", "second"):
            token.write_text(text)
            provider.get(renew=True)
        assert [request.header.decode().splitlines()[-1] for request in server.requests] == [
            "Authorization: first",
            "Authorization: second",
        ]


def test_credentials_about_to_expire_are_fetched_again() -> None:
    body = b'{"AccessKeyId": "A", "SecretAccessKey": "S", "Token": "T", "Expiration": "2020-01-01T00:00:00Z"}'
    with FaultyServer(answers(200, body)) as server:
        provider = CredentialsProvider(read_aws({"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url}))
        provider.get()
        provider.get()
        assert len(server.requests) == 2


def test_known_credentials_are_used_until_they_expire_if_no_newer_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    soon = datetime.fromtimestamp(time.time() + 200, UTC).isoformat()
    body = f'{{"AccessKeyId": "A", "SecretAccessKey": "S", "Token": "T", "Expiration": "{soon}"}}'.encode()
    with FaultyServer(answers(200, body), answers(500, b"")) as server:
        provider = CredentialsProvider(read_aws({"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url}))
        assert provider.get() == provider.get()
        monkeypatch.setattr(time, "time", lambda: datetime.fromisoformat(soon).timestamp() + 1)
        with pytest.raises(NoCredentials):
            provider.get()


def test_nobody_waits_while_another_fetches_newer_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "FETCH_SECONDS", 30.0)
    soon = datetime.fromtimestamp(time.time() + 200, UTC).isoformat()
    known = f'{{"AccessKeyId": "A", "SecretAccessKey": "S", "Token": "T", "Expiration": "{soon}"}}'.encode()
    newer = b'{"AccessKeyId": "B", "SecretAccessKey": "S", "Token": "T", "Expiration": "2099-01-01T00:00:00Z"}'
    asked, release = threading.Event(), threading.Event()

    def held(exchange: Exchange) -> None:
        asked.set()
        release.wait(10)
        exchange.answer(200, newer)

    with FaultyServer(answers(200, known), held) as server:
        provider = CredentialsProvider(read_aws({"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url}))
        provider.get()
        fetching = threading.Thread(target=provider.get, daemon=True)
        fetching.start()
        assert asked.wait(10)
        assert [provider.get().access_key for _ in range(5)] == ["A"] * 5
        assert len(server.requests) == 2, "the others asked nobody"
        release.set()
        fetching.join(10)
        assert provider.get().access_key == "B"


@pytest.mark.parametrize("body", [b"{}", b"[]", b"", b'{"AccessKeyId": "A", "SecretAccessKey": "S", "Expiration": 5}'])
def test_a_container_that_gives_no_credentials_is_said_so(body: bytes) -> None:
    with FaultyServer(answers(200, body)) as server:
        provider = CredentialsProvider(read_aws({"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url}))
        with pytest.raises(NoCredentials):
            provider.get()


@pytest.mark.parametrize("token", ["t\r\nx-evil: 1", "t\n", "tökén"])
def test_credentials_that_would_break_a_header_are_refused(token: str) -> None:
    with pytest.raises(ConfigurationError, match="line break"):
        Credentials("A", "S", token)


@pytest.mark.parametrize("url", ["http://localhost:99999/x", "http://[::1/x"])
def test_a_credentials_url_that_is_none_is_said_so(url: str) -> None:
    with pytest.raises(ConfigurationError, match="not a URL"):
        CredentialsProvider(read_aws({"AWS_CONTAINER_CREDENTIALS_FULL_URI": url}))


def test_a_slow_resolver_does_not_stretch_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def slow(*_: object, **__: object) -> list[object]:
        answered.wait(60)
        return []

    monkeypatch.setattr(_socket, "getaddrinfo", slow)
    with pytest.raises(StoreUnavailable, match="resolver is slow"):
        read({"AWS_ENDPOINT_URL": "http://somewhere.invalid"})
    answered.set()


def test_a_secret_is_never_printed() -> None:
    assert "hunter2" not in repr(Credentials("AKIATEST", "hunter2", "hunter2"))
