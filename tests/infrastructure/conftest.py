"""The Python package: built and installed once for all tests of a process."""

from pathlib import Path

import distribution
import pytest

from tests.support.installed import Installed, install


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The source distribution and the wheel that are published."""
    return distribution.build(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="session")
def wheel(published: tuple[Path, Path]) -> Path:
    """The wheel that is published."""
    return published[1]


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """What `pip install` of the wheel gives."""
    return install(wheel, tmp_path_factory.mktemp("installed"), tmp_path_factory.mktemp("unpacked"))
