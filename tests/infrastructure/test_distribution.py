"""The Python package that is published: the same from the sources and from the source distribution, and complete."""

import re
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import distribution
import pytest

from shopkeeper import __version__
from tests.infrastructure.test_documents import committed
from tests.support.installed import pip
from tests.support.tools import ROOT

SOURCE = "src/shopkeeper/"
INFO = f"shopkeeper-{__version__}.dist-info/"


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_has_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    """The pages, their styles and the licences of others among them."""
    found = contents(wheel)
    sources = [name for name in committed() if name.startswith(SOURCE)]
    assert len([name for name in sources if "/static/" in name]) > 50
    expected = {name.removeprefix("src/"): (ROOT / name).read_bytes() for name in sources}
    assert {name: content for name, content in found.items() if not name.startswith(INFO)} == expected
    assert {name.removeprefix(INFO) for name in found if name.startswith(INFO)} == {
        *("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"),
    }
    assert found[f"{INFO}licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()


def test_the_wheel_from_the_sources_is_the_one_from_the_source_distribution(wheel: Path, tmp_path: Path) -> None:
    pip("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(tmp_path), str(ROOT))
    (direct,) = tmp_path.glob("*.whl")
    assert direct.name == wheel.name
    assert contents(direct) == contents(wheel)


def test_the_source_distribution_holds_what_a_build_needs_and_no_more(published: tuple[Path, Path]) -> None:
    with tarfile.open(published[0]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {name for name in names if not name.startswith(SOURCE)} == {
        *("LICENSE", "PKG-INFO", "README.md", "pyproject.toml"),
    }


def test_the_metadata_says_what_it_is_and_names_no_person_and_no_address(wheel: Path) -> None:
    metadata = message_from_bytes(contents(wheel)[f"{INFO}METADATA"])
    assert (metadata["Name"], metadata["Version"]) == ("shopkeeper", __version__)
    assert metadata["Author"] == "Shopkeeper contributors"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "Programming Language :: Python :: 3.11" in metadata.get_all("Classifier", [])
    assert str(metadata.get_payload()).startswith("# Shopkeeper\n")
    assert not {"Author-email", "Maintainer", "Maintainer-email"} & set(metadata.keys())


PACKAGE = '"""Doc."""\n\n__version__ = "1.2.3"\n'
RELEASED = "# Changelog\n\n## [1.2.3] - 2026-11-28\n### Added\n- It.\n\n## [1.2.2] - 2026-01-01\n"


def test_a_tag_is_published_if_all_three_name_its_version() -> None:
    assert distribution.check("v1.2.3", PACKAGE, RELEASED) == "1.2.3"


@pytest.mark.parametrize(
    ("tag", "package", "changelog", "reason"),
    [
        ("v1.2.4", PACKAGE, RELEASED, "must be 'v1.2.3'"),
        ("1.2.3", PACKAGE, RELEASED, "must be 'v1.2.3'"),
        ("v1.2.3\n", PACKAGE, RELEASED, "must be 'v1.2.3'"),
        ("v1.2.3", PACKAGE.replace("3", "4"), RELEASED, "must be 'v1.2.4'"),
        ("v1.2.3", "", RELEASED, "names no version"),
        ("v1.2.3", PACKAGE, RELEASED.replace("1.2.3", "1.3.0"), "begins with 1.3.0"),
        ("v1.2.3", PACKAGE, RELEASED.replace("2026-11-28", "unreleased"), "must have the date"),
        ("v1.2.3", PACKAGE, "# Changelog\n", "begins with none"),
    ],
)
def test_a_tag_that_differs_is_refused(tag: str, package: str, changelog: str, reason: str) -> None:
    with pytest.raises(distribution.Refused, match=re.escape(reason)):
        distribution.check(tag, package, changelog)


def test_the_command_of_the_workflow_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert distribution.main(["check", "v0.0.0"]) == 1
    assert capsys.readouterr().err.startswith("distribution: The tag is 'v0.0.0'")
    assert distribution.main(["nonsense"]) == 2
