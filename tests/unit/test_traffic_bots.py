"""Bots: each reason why a view is no person's, and the names that bots are shown by."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.domains.traffic import bots
from shopkeeper.domains.traffic.bots import MOST_CHARACTERS, REASONS, Bot, why_bot
from shopkeeper.domains.traffic.families import MOST_CHARACTERS as MOST_OF_A_NAME

LIKE_GECKO = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE_GECKO} Chrome/140.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
APPLE = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
SAFARI = f"{APPLE} Version/18.1 Safari/605.1.15"
WEB_VIEW = (
    f"Mozilla/5.0 (Linux; Android 15; Pixel 9; wv) {LIKE_GECKO} Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS {0}_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
MOBILE_SAFARI = IPHONE + " Version/{0}.0 Mobile/15E148 Safari/604.1"
CHROME_ON_IPHONE = IPHONE.format(18) + " CriOS/140.0.0.0 Mobile/15E148 Safari/604.1"

SENT = {"origin": "https://example.com", "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}


@pytest.mark.parametrize("user_agent", [CHROME, FIREFOX, SAFARI, WEB_VIEW, MOBILE_SAFARI.format(18), CHROME_ON_IPHONE])
def test_people_are_no_bots(user_agent: str) -> None:
    assert why_bot(user_agent, SENT, is_driven=False) is None


GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
OF_ANDROID = "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P)"
YANDEX = "Mozilla/5.0 (compatible; YandexBot/3.0; MirrorDetector; +http://yandex.com/bots)"
APPLEBOT = f"{APPLE} Version/17.4 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)"
HEADLESS = f"Mozilla/5.0 (X11; Linux x86_64) {LIKE_GECKO} HeadlessChrome/140.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "reason", "family"),
    [
        ("", "empty", ""),
        ("  ", "empty", ""),
        (GOOGLEBOT, "crawler", "Googlebot"),
        (
            f"{OF_ANDROID} {LIKE_GECKO} Chrome/41.0.2272.96 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://x)",
            "crawler",
            "Googlebot",
        ),
        (f"Mozilla/5.0 {LIKE_GECKO[:-1]}; compatible; GPTBot/1.2; +https://openai.com/gptbot)", "crawler", "GPTBot"),
        (f"Mozilla/5.0 {LIKE_GECKO[:-1]}; compatible; ClaudeBot/1.0; +claudebot@example.com)", "crawler", "ClaudeBot"),
        (f"Mozilla/5.0 {LIKE_GECKO[:-1]}; compatible; bingbot/2.0; +http://www.bing.com)", "crawler", "bingbot"),
        ("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "crawler", "AhrefsBot"),
        (
            "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
            "crawler",
            "Baiduspider",
        ),
        (YANDEX, "crawler", "YandexBot"),
        (APPLEBOT, "crawler", "Applebot"),
        ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "crawler", "facebookexternalhit"),
        (
            "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
            "crawler",
            "Yahoo! Slurp",
        ),
        ("Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)", "crawler", "Sogou web spider"),
        (f"{CHROME}; 360Spider", "crawler", "360Spider"),
        (f"{CHROME} GTmetrix", "crawler", "GTmetrix"),
        ("curl/8.11.1", "tool", "curl"),
        ("Wget/1.21.4", "tool", "Wget"),
        ("python-requests/2.32.3", "tool", "python-requests"),
        ("Python/3.12 aiohttp/3.11.0", "tool", "Python"),
        ("Go-http-client/1.1", "tool", "Go-http-client"),
        ("okhttp/4.12.0", "tool", "okhttp"),
        ("PostmanRuntime/7.43.0", "tool", "PostmanRuntime"),
        (HEADLESS, "driven", "HeadlessChrome"),
    ],
)
def test_a_bot_has_a_reason_and_a_short_name(user_agent: str, reason: str, family: str) -> None:
    assert why_bot(user_agent, SENT, is_driven=False) == Bot(reason, family)
    assert reason in REASONS


def test_a_browser_that_is_driven_is_a_bot_by_the_browsers_name() -> None:
    assert why_bot(FIREFOX, SENT, is_driven=True) == Bot("driven", "Firefox")


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-purpose": "prefetch"},
        {"sec-purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"purpose": "preview"},
        {"x-moz": "prefetch"},
        {"sec-purpose": "Prefetch"},
    ],
)
def test_a_page_that_is_fetched_before_anybody_asks_is_a_bots(headers: Mapping[str, str]) -> None:
    assert why_bot(CHROME, {**SENT, **headers}, is_driven=False) == Bot("prefetch", "Chrome")


def test_a_crawler_that_is_driven_or_fetches_ahead_is_a_crawler() -> None:
    assert why_bot(GOOGLEBOT, {"purpose": "prefetch"}, is_driven=True) == Bot("crawler", "Googlebot")


FROM_HTTPS = {"origin": "https://example.com"}
BEHIND_TLS = {"x-forwarded-proto": "https"}
FROM_HTTP = {"origin": "http://example.com"}


@pytest.mark.parametrize(
    ("user_agent", "headers", "is_bot"),
    [
        (CHROME, FROM_HTTPS, True),
        (CHROME, BEHIND_TLS, True),
        (WEB_VIEW, FROM_HTTPS, True),
        (FIREFOX, FROM_HTTPS, True),
        (SAFARI, FROM_HTTPS, True),
        (MOBILE_SAFARI.format(18), FROM_HTTPS, True),
        # Browsers send these headers to https alone.
        (CHROME, FROM_HTTP, False),
        (CHROME, {}, False),
        # One of them is enough.
        (CHROME, FROM_HTTPS | {"sec-fetch-mode": "no-cors"}, False),
        (CHROME, FROM_HTTPS | {"sec-fetch-dest": "empty"}, False),
        # Old browsers send none, and of others on an iPhone the version of the engine is not known.
        (CHROME.replace("140", "79"), FROM_HTTPS, False),
        (FIREFOX.replace("140", "89"), FROM_HTTPS, False),
        (MOBILE_SAFARI.format(16), FROM_HTTPS, False),
        (CHROME_ON_IPHONE, FROM_HTTPS, False),
    ],
)
def test_a_browser_that_lacks_the_fetch_metadata_it_always_sends_is_a_bot(
    user_agent: str, headers: Mapping[str, str], is_bot: bool
) -> None:
    found = why_bot(user_agent, headers, is_driven=False)
    assert (found is not None) == is_bot
    assert found is None or found.reason == "fetch_metadata"


@given(st.text(max_size=2 * MOST_CHARACTERS), st.booleans())
def test_whatever_calls_itself_a_user_agent_gets_a_known_reason_and_a_short_plain_name(text: str, driven: bool) -> None:
    bot = why_bot(text, {}, is_driven=driven)
    if bot is not None:
        assert bot.reason in REASONS
        assert len(bot.family) <= MOST_OF_A_NAME
        assert bot.family.isascii()
        assert bot.family.isprintable()
        assert not set(bot.family) & set("<>&\"'|")


def test_what_is_remembered_of_user_agents_is_bounded() -> None:
    for number in range(bots.REMEMBERED + 10):
        why_bot(f"curl/{number} " + "x" * 10_000, {}, is_driven=False)
    remembered = bots.bot_of.cache_info()
    assert remembered.currsize == remembered.maxsize == bots.REMEMBERED
