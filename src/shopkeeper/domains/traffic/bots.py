"""Who is no person: crawlers, tools, driven browsers and pages that are fetched before anybody asks for them."""

import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from shopkeeper.domains.traffic.clients import client_of
from shopkeeper.domains.traffic.crawlers import is_crawler

CRAWLER = "crawler"
DRIVEN = "driven"
EMPTY = "empty"
FETCH_METADATA = "fetch_metadata"
PREFETCH = "prefetch"
SPAM = "spam"
TOOL = "tool"

REASONS: Mapping[str, str] = {
    CRAWLER: "The user agent is a crawler's.",
    DRIVEN: "A program drives the browser.",
    EMPTY: "There is no user agent.",
    FETCH_METADATA: "The user agent is a browser's that always sends Sec-Fetch-* headers, and they are missing.",
    PREFETCH: "A browser fetched the page before anybody asked for it.",
    SPAM: "The referrer is a spammer's.",
    TOOL: "The user agent is a program's or a library's.",
}
"""Why a view is a bot's."""

MOST_CHARACTERS = 512
"""Of a user agent that are looked at."""

REMEMBERED = 1024
"""User agents whose answer is remembered."""

DRIVERS = ("headless", "phantomjs", "slimerjs", "selenium", "webdriver", "puppeteer", "playwright", "cypress")
"""What user agents of driven browsers contain."""

TOOLS = (
    "apachebench",
    "aiohttp",
    "apache-httpclient",
    "axios",
    "curl",
    "dart/",
    "deno/",
    "go-http-client",
    "got ",
    "guzzle",
    "hey/",
    "httpie",
    "httpx",
    "insomnia",
    "java/",
    "k6/",
    "libcurl",
    "libwww-perl",
    "lua-resty-http",
    "lwp",
    "node",
    "okhttp",
    "php",
    "postman",
    "powershell",
    "python",
    "reqwest",
    "ruby",
    "undici",
    "urllib",
    "wget",
    "xh/",
)
"""What user agents of programs and libraries begin with."""

SENDING = r"(chrome|firefox)/(\d+)|(version)/(\d+)[.\d]* (?:mobile/\w+ )?safari/"
"""Browsers that may send Sec-Fetch-* headers, with their versions; Safari has its version behind "Version"."""

SENDS_SINCE = {"chrome": 80, "firefox": 90, "version": 17}
"""The first versions of browsers which always send Sec-Fetch-* headers to https (MDN, browser compatibility)."""


class Bot(msgspec.Struct, frozen=True):
    """What a bot is: the reason, one of REASONS, and a short readable name such as `Googlebot`; "" if it has none."""

    reason: str
    family: str


def why_bot(user_agent: str, headers: Mapping[str, str], is_driven: bool) -> Bot | None:
    """Return why a request is no person's, None if it is one's.

    `headers` have names in lower case. `is_driven` is what the page says of its browser (`navigator.webdriver`).
    """
    user_agent = user_agent[:MOST_CHARACTERS]
    if bot := bot_of(user_agent):
        return bot
    if is_driven:
        return Bot(DRIVEN, client_of(user_agent).browser)
    if is_prefetch(headers):
        return Bot(PREFETCH, client_of(user_agent).browser)
    if _lacks_fetch_metadata(user_agent, headers):
        return Bot(FETCH_METADATA, client_of(user_agent).browser)
    return None


def is_prefetch(headers: Mapping[str, str]) -> bool:
    """Return whether a browser says that nobody has asked for what it fetches."""
    purpose = f"{headers.get('sec-purpose', '')} {headers.get('purpose', '')} {headers.get('x-moz', '')}".lower()
    return "prefetch" in purpose or "prerender" in purpose or "preview" in purpose


@lru_cache(maxsize=REMEMBERED)
def bot_of(user_agent: str) -> Bot | None:
    """Return what a user agent alone tells: a crawler, a tool, a driven browser or that there is none; else None."""
    text = user_agent.strip().lower()
    if not text:
        return Bot(EMPTY, "")
    reason = _reason(text)
    if reason is None:
        return None
    from shopkeeper.domains.traffic.families import family_of  # it compiles expressions, and people need none of them

    return Bot(reason, family_of(user_agent))


def _reason(text: str) -> str | None:
    if any(name in text for name in DRIVERS):
        return DRIVEN
    if text.startswith(TOOLS):
        return TOOL
    return CRAWLER if is_crawler(text) else None


def _lacks_fetch_metadata(user_agent: str, headers: Mapping[str, str]) -> bool:
    """Return whether headers are missing that this browser would have sent.

    Browsers send them to https alone. A page of https can only send a hit to https.
    """
    if any(name in headers for name in ("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest")):
        return False
    if not headers.get("origin", "").startswith("https://") and headers.get("x-forwarded-proto") != "https":
        return False
    found = re.search(SENDING, user_agent.lower())
    if found is None:
        return False
    browser, number = (group for group in found.groups() if group is not None)
    return int(number) >= SENDS_SINCE[browser]
