"""A short name of a bot, out of its user agent."""

import re

MOST_CHARACTERS = 32
"""Of a name."""

_NO_NAMES = re.compile(
    r"\bhttps?://\S*|\bwww\.\S*|\b[\w.+-]{1,40}@\S*|\b(?:build|mobile)/\S*|\blike (?!gecko)", re.IGNORECASE
)
_PARTS = re.compile(r"[;,()\[\]{}<>|\"'/:]+")
_BOT = re.compile(
    r"bot\b|bot[_-]|crawl|spider|slurp|google|headless|phantomjs|facebook|monitor|preview|fetch|scan|proxy",
    re.IGNORECASE,
)
_GENERIC = frozenset({"bot", "bots", "browser", "crawler", "robot", "scanner", "spider", "web"})
_BROWSER = re.compile(
    r"mozilla|opera|compatible.*|windows.*|win64|x64|wow64|x11|linux.*|u|i686.*|x86_64|ubuntu|macintosh|intel mac os.*"
    r"|iphone|ipad|cpu .*|android.*|applewebkit|khtml|(?:like )?gecko|rv|chrome|chromium|safari|version|mobile|firefox"
    r"|edg|edge|opr|msie.*|trident|nexus.*|build|[a-z]{2}(?:-[a-z]{2})?|wv|k|unknown|presto|\.net.*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"v?\d[\d._+-]*[a-z]?\d*|[wxyz]\.[\w.]+|-+", re.IGNORECASE)
_STRANGE = re.compile(r"[^\w .!+-]", re.ASCII)


def family_of(user_agent: str) -> str:
    """Return a short readable name such as `Googlebot` or `curl`, "" if the user agent has none.

    It is the first part that names a bot, else the first one that no browser has.
    """
    parts = [name for part in _PARTS.split(_NO_NAMES.sub(" ", user_agent)) if (name := _name(part))]
    named = [part for part in parts if _BOT.search(part) and part.lower() not in _GENERIC]
    own = [part for part in parts if not _BROWSER.fullmatch(part)]
    return (named or own or [""])[0]


def _name(part: str) -> str:
    words = [word for word in _STRANGE.sub("", part).split() if not _NUMBER.fullmatch(word)]
    # A browser's product may stand before that of the bot: "Safari Googlebot".
    while len(words) > 1 and _BROWSER.fullmatch(words[0]):
        words.pop(0)
    return " ".join(words[:3])[:MOST_CHARACTERS].strip(" .+-_")
