"""What unit tests share."""

from collections.abc import Iterator

import pytest

from tests.support.dynamodb import close_all


@pytest.fixture(autouse=True)
def close_dynamodb_clients() -> Iterator[None]:
    """Close what a test opened; an unclosed socket is a warning, and so an error."""
    yield
    close_all()
