"""docs/traffic.md names what is counted apart."""

import re

from shopkeeper.domains.traffic.bots import REASONS
from tests.support.tools import ROOT


def test_the_page_on_traffic_has_every_reason_why_a_view_is_a_bots() -> None:
    _, _, section = (ROOT / "docs" / "traffic.md").read_text().partition("## Bots\n")
    section, _, _ = section.partition("\n## ")
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(REASONS)
