"""The recipes of docs/recipes.md: each code block by its heading and language, with real ids in it."""

import re

from tests.support.shop import Owner
from tests.support.tools import ROOT

PAGE = (ROOT / "docs" / "recipes.md").read_text()
ADDRESS = "http://127.0.0.1:8000"


def sections() -> dict[str, list[tuple[str, str]]]:
    """Return language and text of each block, by the heading that it stands under."""
    parts = re.split(r"^## (.+)\n", PAGE, flags=re.MULTILINE)[1:]
    blocks = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return {heading: blocks.findall(text) for heading, text in zip(parts[::2], parts[1::2], strict=True)}


def recipe(heading: str, language: str, number: int = 0) -> str:
    """Return a block of a section."""
    return [text for name, text in sections()[heading] if name == language][number]


def filled(text: str, owner: Owner, item_id: str = "") -> str:
    """Return a block for a server and a business that are there."""
    known = {ADDRESS: owner.url, "BUSINESS_ID": owner.business_id, "ITEM_ID": item_id}
    for name, value in known.items():
        text = text.replace(name, value)
    return text
