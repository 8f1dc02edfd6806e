"""Where the secret comes from: which ones will do, and a key file that is whole or not there."""

import errno
import json
import os
import stat
import threading
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest

from shopkeeper.errors import ConfigurationError
from shopkeeper.http import ServiceUnavailable
from shopkeeper.identity.keyfile import make_key, read_key, write_key
from shopkeeper.identity.keys import fingerprint
from shopkeeper.identity.secrets import secret_source
from shopkeeper.settings import Settings, read
from shopkeeper.storage.tables import TABLES
from tests.support.faults import Behaviour, FaultyServer, fails, well

GOOD = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
OTHER = "9b2c7f51d04e8a63f1c9e07b52d8a46e"
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:jwt"
PARAMETER = "/shopkeeper/prod/jwt"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def settings(**environment: str) -> Settings:
    return read(environment, TABLES)


NONE = [{"STAGE": "prod"}, {"STAGE": "staging", "STORE_URL": "sqlite:///shop.db"}, {"STORE_URL": "dynamodb:"}]


@pytest.mark.parametrize("environment", NONE, ids=str)
def test_where_no_secret_is_named_the_start_stops(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="JWT_SECRET_KEY, JWT_SECRET_ARN or JWT_SECRET_PARAMETER is needed"):
        secret_source(settings(**environment))


SHORT = ["x", "hunter2", GOOD[:-1], GOOD[:-1] + "\n"]
GUESSED = [
    "a" * 64,
    "hunter2" * 9,
    "hunter2-" * 8,
    "hunter2, hunter2, hunter2, hunter2",
    "0123456789abcdef" * 2,
    "abcdefgabcdgfeabcfedgagfedcbagfedcba",
    "change-me-change-me-change-me-change-me",
    "your-secret-key-here-your-secret-key-here",
    "Secret that somebody's documentation shows",
]


def from_environment(secret: str, stage: str, folder: Path) -> list[bytes]:
    return secret_source(settings(STAGE=stage, JWT_SECRET_KEY=secret))()


def from_secrets_manager(secret: str, stage: str, folder: Path) -> list[bytes]:
    with FaultyServer(well(SecretString=secret), fails(400, "ResourceNotFoundException")) as server:
        environment = {**KEYS, "AWS_ENDPOINT_URL": server.url}
        try:
            return secret_source(settings(STAGE=stage, JWT_SECRET_ARN=ARN, **environment))()
        except ServiceUnavailable as error:
            raise error.__cause__ or error from None  # the reason, which is for the log


def parameter(value: str, version: int = 1, kind: str = "SecureString") -> Behaviour:
    """Return an answer of Parameter Store."""
    return well(Parameter={"Name": PARAMETER, "Type": kind, "Value": value, "Version": version})


def from_parameter_store(secret: str, stage: str, folder: Path) -> list[bytes]:
    with FaultyServer(parameter(secret)) as server:
        environment = {**KEYS, "AWS_ENDPOINT_URL": server.url}
        try:
            return secret_source(settings(STAGE=stage, JWT_SECRET_PARAMETER=PARAMETER, **environment))()
        except ServiceUnavailable as error:
            raise error.__cause__ or error from None  # the reason, which is for the log


def from_file(secret: str, stage: str, folder: Path) -> list[bytes]:
    write_key(folder / "shop.db.key", secret.encode())
    return secret_source(settings(STAGE=stage, STORE_URL=f"sqlite:///{folder / 'shop.db'}"))()


Source = Callable[[str, str, Path], list[bytes]]
EVERY = [from_environment, from_secrets_manager, from_parameter_store, from_file]
NAMES = {
    from_environment: "JWT_SECRET_KEY",
    from_secrets_manager: ARN,
    from_parameter_store: PARAMETER,
    from_file: "shop.db.key",
}


@pytest.mark.parametrize("source", EVERY)
@pytest.mark.parametrize("secret", SHORT)
def test_a_secret_under_32_bytes_is_refused_wherever_it_comes_from_in_dev_too(
    source: Source, secret: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="32") as raised:
        source(secret, "dev", tmp_path)
    assert NAMES[source] in str(raised.value)  # type: ignore[index]
    assert str(raised.value).endswith(".")
    assert secret == "x" or secret.strip() not in str(raised.value), "no secret is printed"


@pytest.mark.parametrize("source", [from_environment, from_secrets_manager, from_parameter_store])
@pytest.mark.parametrize("stage", ["staging", "prod"])
@pytest.mark.parametrize("secret", GUESSED)
def test_outside_dev_a_secret_that_can_be_guessed_is_refused(
    source: Source, stage: str, secret: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="random") as raised:
        source(secret, stage, tmp_path)
    assert secret not in str(raised.value)


@pytest.mark.parametrize("source", EVERY)
def test_a_random_secret_will_do_with_the_line_end_of_an_editor_or_without(source: Source, tmp_path: Path) -> None:
    assert source(GOOD + "\n", "dev", tmp_path) == [GOOD.encode()]
    if source is not from_file:
        assert source(GOOD, "prod", tmp_path) == [GOOD.encode()]


def test_a_secret_that_is_no_text_will_do_if_it_is_long_enough() -> None:
    raw = bytes(range(128, 192))
    assert secret_source(settings(JWT_SECRET_KEY=os.fsdecode(raw)))() == [raw]


@pytest.mark.parametrize("content", [b"", b"\n", b"0f1e2d3c4b5a6978"])
def test_a_key_file_that_a_full_disk_cut_short_is_refused_and_what_to_do_is_said(
    content: bytes, tmp_path: Path
) -> None:
    write_key(tmp_path / "shop.db.key", content)
    with pytest.raises(ConfigurationError, match=r"full disk.*everybody signs in anew"):
        secret_source(settings(STORE_URL=f"sqlite:///{tmp_path / 'shop.db'}"))


def _link(path: Path) -> None:
    write_key(path.with_name("elsewhere"), GOOD.encode())
    path.symlink_to("elsewhere")


def _open_to_others(path: Path) -> None:
    write_key(path, GOOD.encode())
    path.chmod(0o640)


STRANGE: list[tuple[Callable[[Path], object], str]] = [
    (_link, "symbolic link"),
    (_open_to_others, "is open to others; run chmod 600"),
    (os.mkfifo, "not a regular file"),
    (Path.mkdir, "not a regular file"),
]


@pytest.mark.parametrize(("prepare", "sentence"), STRANGE, ids=["link", "open", "pipe", "folder"])
def test_a_key_file_that_another_may_have_read_or_put_there_is_refused(
    prepare: Callable[[Path], object], sentence: str, tmp_path: Path
) -> None:
    prepare(tmp_path / "shop.db.key")
    with pytest.raises(ConfigurationError, match=sentence):
        secret_source(settings(STORE_URL=f"sqlite:///{tmp_path / 'shop.db'}"))


def test_reading_the_secret_makes_no_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"shop\.db\.key is missing"):
        secret_source(settings(STORE_URL=f"sqlite:///{tmp_path / 'shop.db'}"))
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_made_once_whoever_makes_it_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "shop.db.key"
    start = threading.Barrier(16)
    seen = set()

    def make() -> None:
        start.wait()
        make_key(path)
        seen.add(read_key(path))

    threads = [threading.Thread(target=make) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 1, "nobody read half a key, nor one that was replaced"
    assert len(seen.pop()) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("broken", ["fsync", "link"])
def test_a_key_that_cannot_be_written_leaves_nothing(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, broken, full)
    with pytest.raises(ConfigurationError, match="No space left"):
        make_key(tmp_path / "shop.db.key")
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_made_where_a_file_system_has_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", missing)
    make_key(tmp_path / "shop.db.key")
    made = read_key(tmp_path / "shop.db.key")
    make_key(tmp_path / "shop.db.key")
    assert read_key(tmp_path / "shop.db.key") == made
    with pytest.raises(ConfigurationError, match="already"):
        write_key(tmp_path / "shop.db.key", GOOD.encode())


def test_a_fingerprint_tells_keys_apart_and_is_neither_a_key_nor_a_key_id() -> None:
    names = {fingerprint(secret.encode()) for secret in (GOOD, OTHER)}
    assert len(names) == 2
    assert all(len(name) == 16 and name not in GOOD + OTHER for name in names)


def test_secrets_manager_gives_the_current_and_the_previous_secret() -> None:
    with FaultyServer(well(SecretString=GOOD), well(SecretString=OTHER)) as server:
        source = secret_source(settings(JWT_SECRET_ARN=ARN, STAGE="prod", AWS_ENDPOINT_URL=server.url, **KEYS))
        assert server.requests == []
        assert source() == [GOOD.encode(), OTHER.encode()]
        for request, stage in zip(server.requests, ("AWSCURRENT", "AWSPREVIOUS"), strict=True):
            assert b"x-amz-target: secretsmanager.GetSecretValue" in request.header
            assert b"/us-east-1/secretsmanager/aws4_request" in request.header
            assert json.loads(request.body) == {"SecretId": ARN, "VersionStage": stage}


@pytest.mark.parametrize(
    "behaviour",
    [
        fails(400, "AccessDeniedException"),
        fails(400, "ResourceNotFoundException"),
        well(SecretBinary="AAAA"),
        well(SecretString="short"),
    ],
)
def test_a_secret_that_cannot_be_read_is_an_outage(behaviour: Behaviour) -> None:
    with FaultyServer(behaviour) as server:
        source = secret_source(settings(JWT_SECRET_ARN=ARN, AWS_ENDPOINT_URL=server.url, **KEYS))
        with pytest.raises(ServiceUnavailable):
            source()


@pytest.mark.parametrize(
    "previous",
    [fails(400, "ResourceNotFoundException"), well(VersionStages=["AWSPREVIOUS"]), well(SecretString="weak")],
    ids=["never rotated", "made empty", "weak"],
)
def test_a_secret_that_was_never_rotated_made_empty_or_weak_has_no_previous_one(previous: Behaviour) -> None:
    with FaultyServer(well(SecretString=GOOD), previous) as server:
        source = secret_source(settings(JWT_SECRET_ARN=ARN, AWS_ENDPOINT_URL=server.url, **KEYS))
        assert source() == [GOOD.encode()]


SOURCES = {"JWT_SECRET_KEY": GOOD, "JWT_SECRET_ARN": ARN, "JWT_SECRET_PARAMETER": PARAMETER}


@pytest.mark.parametrize(("one", "other"), [*combinations(SOURCES, 2)])
def test_two_sources_at_once_stop_the_start_and_both_are_named(one: str, other: str) -> None:
    sentence = f"{one} and {other} say twice what tokens are signed with: set only one of them."
    with pytest.raises(ConfigurationError, match=sentence):
        settings(**{name: SOURCES[name] for name in (one, other)})


def from_parameter(server: FaultyServer, stage: str = "prod") -> list[bytes]:
    environment = {**KEYS, "AWS_ENDPOINT_URL": server.url}
    return secret_source(settings(JWT_SECRET_PARAMETER=PARAMETER, STAGE=stage, **environment))()


def test_parameter_store_gives_the_newest_version_and_the_one_before_it() -> None:
    with FaultyServer(parameter(GOOD, 7), parameter(OTHER, 6)) as server:
        assert from_parameter(server) == [GOOD.encode(), OTHER.encode()]
        for request, name in zip(server.requests, (PARAMETER, f"{PARAMETER}:6"), strict=True):
            assert b"x-amz-target: AmazonSSM.GetParameter" in request.header
            assert b"/us-east-1/ssm/aws4_request" in request.header
            assert json.loads(request.body) == {"Name": name, "WithDecryption": True}


def test_a_parameter_that_was_written_once_is_asked_for_once() -> None:
    with FaultyServer(parameter(GOOD)) as server:
        assert from_parameter(server) == [GOOD.encode()]
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "former", [fails(400, "ParameterVersionNotFound"), parameter("weak", 1)], ids=["forgotten", "weak"]
)
def test_a_former_version_that_is_forgotten_or_weak_is_left_out(former: Behaviour) -> None:
    with FaultyServer(parameter(GOOD, 2), former) as server:
        assert from_parameter(server) == [GOOD.encode()]


@pytest.mark.parametrize(
    "answers",
    [
        [fails(400, "AccessDeniedException")],
        [fails(400, "ParameterNotFound")],
        [fails(400, "InvalidKeyId")],
        [parameter(GOOD, kind="String")],
        [parameter("short")],
        [parameter(GOOD, 2), fails(400, "AccessDeniedException")],
    ],
    ids=["denied", "missing", "a key that may not decrypt", "plain text", "short", "the former one denied"],
)
def test_a_parameter_that_cannot_be_read_or_is_no_secret_is_an_outage(answers: list[Behaviour]) -> None:
    with FaultyServer(*answers) as server, pytest.raises(ServiceUnavailable):
        from_parameter(server)
