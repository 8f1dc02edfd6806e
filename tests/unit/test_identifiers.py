"""Identifiers and times."""

import time
import uuid
from datetime import UTC, datetime, timedelta, timezone

from shopkeeper.clock import rfc3339
from shopkeeper.identifiers import is_uuid, uuid4, uuid7


def test_they_are_uuids_of_their_version() -> None:
    for make, version in ((uuid4, 4), (uuid7, 7)):
        made = [make() for _ in range(1000)]
        assert len(set(made)) == 1000
        for text in made:
            parsed = uuid.UUID(text)
            assert str(parsed) == text
            assert parsed.version == version
            assert parsed.variant == uuid.RFC_4122


def test_version_7_sorts_by_the_time_of_its_making_within_a_millisecond_too() -> None:
    made = []
    for _ in range(1000):
        made.append(uuid7())
        began = time.time_ns()
        while time.time_ns() < began + 1000:
            pass
    assert made == sorted(made)
    assert abs(int(uuid7().replace("-", "")[:12], 16) / 1000 - time.time()) < 60


def test_what_is_no_uuid() -> None:
    assert is_uuid("A1B2C3D4-e5f6-7890-abcd-ef0123456789")
    for text in ("", "x", "a1b2c3d4e5f67890abcdef0123456789", uuid4() + "\n", "{" + uuid4() + "}"):
        assert not is_uuid(text)


def test_times_are_utc_with_milliseconds() -> None:
    berlin = timezone(timedelta(hours=1))
    assert rfc3339(datetime(2026, 11, 21, 0, 30, 0, 7999, berlin)) == "2026-11-20T23:30:00.007Z"
    assert rfc3339(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00.000Z"
