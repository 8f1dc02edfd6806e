"""Bots and people of others' collections, told apart, and their browsers and systems."""

import json
import subprocess
from collections.abc import Callable, Sequence

import pytest

from shopkeeper.domains.traffic.bots import bot_of
from shopkeeper.domains.traffic.clients import client_of
from shopkeeper.domains.traffic.crawlers import fits_isbot
from tests.support.tools import ROOT, need
from tests.support.user_agents import listed_crawlers, matomo_bots, matomo_people, present_people

LEAST_FOUND = 0.99
MOST_FLAGGED = 0.012


def share(user_agents: Sequence[str]) -> float:
    """Return the share of user agents that are taken for bots'."""
    return sum(bot_of(user_agent) is not None for user_agent in user_agents) / len(user_agents)


@pytest.mark.parametrize("corpus", [matomo_bots, listed_crawlers])
def test_of_a_collection_of_bots_at_least_99_percent_are_found(corpus: Callable[[], list[str]]) -> None:
    collected = corpus()
    assert len(collected) > 1_000
    assert share(collected) >= LEAST_FOUND


def test_of_the_browsers_that_matomo_knows_at_most_12_in_a_thousand_are_taken_for_bots() -> None:
    collected = [person.user_agent for person in matomo_people()]
    assert len(collected) > 30_000
    assert share(collected) <= MOST_FLAGGED


def test_no_browser_that_sites_have_counted_lately_is_taken_for_a_bot() -> None:
    need("node")
    collected = present_people()
    assert len(collected) > 500
    assert [user_agent for user_agent in collected if bot_of(user_agent)] == []


ISBOT = """
const { isbot } = require("isbot");
const userAgents = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(userAgents.map((userAgent) => isbot(userAgent))));
"""


def test_the_patterns_say_what_isbot_itself_says() -> None:
    node = need("node")
    people = [person.user_agent for person in matomo_people("[!s]*")]
    collected = matomo_bots() + listed_crawlers() + present_people() + people
    done = subprocess.run(
        [node, "-e", ISBOT],
        cwd=ROOT,
        input=json.dumps(collected),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    said = json.loads(done.stdout)
    differ = [one for one, is_bot in zip(collected, said, strict=True) if fits_isbot(one.lower()) != is_bot]
    assert differ == []


BROWSERS = {
    "Android Browser": "Android Browser",
    "Chrome": "Chrome",
    "Chrome Mobile": "Chrome",
    "Chrome Webview": "Chrome",
    "Firefox": "Firefox",
    "Firefox Mobile": "Firefox",
    "Huawei Browser Mobile": "Huawei",
    "IE Mobile": "Internet Explorer",
    "Internet Explorer": "Internet Explorer",
    "Microsoft Edge": "Edge",
    "Mobile Safari": "Safari",
    "Mobile Silk": "Silk",
    "Opera": "Opera",
    "Opera Mobile": "Opera",
    "QQ Browser": "QQ",
    "Safari": "Safari",
    "Samsung Browser": "Samsung Internet",
    "UC Browser": "UC Browser",
    "Yandex Browser": "Yandex",
}
SYSTEMS = {
    "Android": "Android",
    "GNU/Linux": "Linux",
    "HarmonyOS": "HarmonyOS",
    "KaiOS": "KaiOS",
    "Mac": "macOS",
    "Tizen": "Tizen",
    "Windows": "Windows",
    "iOS": "iOS",
    "webOS": "webOS",
}
"""Our names for those of Matomo."""

LEAST_AGREED = 0.96


def test_common_browsers_and_systems_have_the_names_that_matomo_has_for_them() -> None:
    people = matomo_people()
    browsers = [client_of(one.user_agent).browser == BROWSERS[one.browser] for one in people if one.browser in BROWSERS]
    systems = [client_of(one.user_agent).system == SYSTEMS[one.system] for one in people if one.system in SYSTEMS]
    assert len(browsers) > 25_000
    assert sum(browsers) / len(browsers) >= LEAST_AGREED
    assert len(systems) > 30_000
    assert sum(systems) / len(systems) >= LEAST_AGREED
