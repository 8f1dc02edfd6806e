"""A visitor's browser, system and width, by few rules of our own."""

from functools import lru_cache

import msgspec

from shopkeeper.domains.traffic.dimensions import OTHER

MOST_CHARACTERS = 512
"""Of a user agent that are looked at."""

REMEMBERED = 1024
"""User agents whose answer is remembered."""

BROWSERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Facebook", ("fban/", "fbav/", "fb_iab/")),
    ("Instagram", ("instagram ",)),
    ("Samsung Internet", ("samsungbrowser/",)),
    ("UC Browser", ("ucbrowser", "ubrowser/", "ucweb", "uc browser")),
    ("Edge", ("edg/", "edge/", "edga/", "edgios/")),
    ("Opera", ("opr/", " opt/", " opx/", "opios/", "opera")),
    ("Yandex", ("yabrowser/", "yasearchbrowser/", "yaapp_")),
    ("Vivaldi", ("vivaldi/",)),
    ("DuckDuckGo", ("duckduckgo/", " ddg/")),
    ("Huawei", ("huaweibrowser/",)),
    ("MIUI", ("miuibrowser/",)),
    ("QQ", ("qqbrowser/",)),
    ("Silk", ("silk/",)),
    ("Firefox", ("firefox/", "fxios/", "focus/", "klar/")),
    ("Chrome", ("chrome/", "crios/", "chromium")),
    ("Internet Explorer", ("msie ", "trident/", "iemobile")),
    ("Android Browser", ("android",)),
    ("Safari", ("safari", "iphone", "ipad")),
)
"""Browsers, and what their user agents contain. The first that fits is taken: most call themselves Safari too."""

SYSTEMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Windows", ("windows", "win64", "win32")),
    ("iOS", ("iphone", "ipad", "ipod")),
    ("KaiOS", ("kaios",)),
    ("Tizen", ("tizen",)),
    ("webOS", ("web0s", "webos")),
    ("HarmonyOS", ("harmonyos", "openharmony")),
    ("Android", ("android",)),
    ("macOS", ("mac os x", "macintosh", "macos")),
    ("ChromeOS", (" cros ",)),
    ("Linux", ("linux", "x11")),
)
"""Systems, and what user agents on them contain. The first that fits is taken. An iPad may say that it is a Mac."""

WIDTHS = ((640, "phone"), (1024, "tablet"), (1600, "desktop"))
"""Classes of widths, and the width in CSS pixels below which each lies."""

WIDEST = "wide"
"""The class beyond them."""


class Client(msgspec.Struct, frozen=True):
    """The names of a browser and of its system; OTHER where no rule fits."""

    browser: str
    system: str


@lru_cache(maxsize=REMEMBERED)
def client_of(user_agent: str) -> Client:
    """Return the browser and the system that a user agent names."""
    text = user_agent[:MOST_CHARACTERS].lower()
    return Client(_first(BROWSERS, text), _first(SYSTEMS, text))


def width_class(px: int) -> str:
    """Return the class of a viewport's width in CSS pixels: phone, tablet, desktop or wide. Without one it is OTHER."""
    if px <= 0:
        return OTHER
    return next((name for below, name in WIDTHS if px < below), WIDEST)


def _first(rules: tuple[tuple[str, tuple[str, ...]], ...], text: str) -> str:
    return next((name for name, parts in rules if any(part in text for part in parts)), OTHER)
