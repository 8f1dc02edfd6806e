"""What other counters call browsers, systems and widths, and what is said for them here."""

from collections.abc import Mapping

from shopkeeper.domains.traffic.clients import width_class
from shopkeeper.domains.traffic.countries import UNKNOWN
from shopkeeper.domains.traffic.dimensions import OTHER
from shopkeeper.domains.traffic.importing.collecting import name_of
from shopkeeper.domains.traffic.urls import DIRECT

BROWSERS: Mapping[str, str] = {
    "android": "Android Browser",
    "android-webview": "Android Browser",
    "android browser": "Android Browser",
    "chrome": "Chrome",
    "chromium-webview": "Chrome",
    "crios": "Chrome",
    "edge": "Edge",
    "edge-chromium": "Edge",
    "edge-ios": "Edge",
    "microsoft edge": "Edge",
    "facebook": "Facebook",
    "firefox": "Firefox",
    "fxios": "Firefox",
    "instagram": "Instagram",
    "ie": "Internet Explorer",
    "internet explorer": "Internet Explorer",
    "ios": "Safari",
    "ios-webview": "Safari",
    "mobile safari": "Safari",
    "opera": "Opera",
    "opera-mini": "Opera",
    "safari": "Safari",
    "samsung": "Samsung Internet",
    "samsung browser": "Samsung Internet",
    "samsung internet": "Samsung Internet",
    "silk": "Silk",
    "yandexbrowser": "Yandex",
}
SYSTEMS: Mapping[str, str] = {
    "android": "Android",
    "android os": "Android",
    "chrome os": "ChromeOS",
    "gnu/linux": "Linux",
    "ios": "iOS",
    "ipados": "iPadOS",
    "linux": "Linux",
    "mac": "macOS",
    "mac os": "macOS",
    "macos": "macOS",
    "windows": "Windows",
    "ubuntu": "Linux",
}
DEVICES: Mapping[str, str] = {
    "desktop": "desktop",
    "laptop": "desktop",
    "mobile": "phone",
    "tablet": "tablet",
    "ultra-wide": "wide",
}


def browser_of(text: str) -> str:
    """Return the name of a browser, with or without its version."""
    return _named(text, BROWSERS)


def system_of(text: str) -> str:
    """Return the name of a system, with or without its version."""
    return _named(text, SYSTEMS)


def country_of(text: str) -> str:
    """Return the country of a place like `DE` or `DE-BW`."""
    country = text.partition("-")[0].strip().upper()
    return country if len(country) == 2 and country.isascii() and country.isalpha() else UNKNOWN


def width_of(screen: str, device: str = "") -> str:
    """Return the class of a width like `1280`, `1280,800,1` or `1280x800`, or else of a device. Empty if unknown."""
    digits = screen.replace("x", ",").partition(",")[0].partition(".")[0].strip()
    if digits.isascii() and digits.isdigit() and 0 < int(digits) < 100_000:
        return width_class(int(digits))
    return DEVICES.get(device.strip().lower(), "")


def source_of(host: str) -> str:
    """Return the host of a referrer like `www.example.com/page`, `direct` for none."""
    found = name_of(host.partition("://")[2] or host).partition("/")[0].lower().removeprefix("www.")
    return found or DIRECT


def campaign_of(source: str, medium: str, campaign: str) -> str:
    """Return the name of a campaign as hits have it, empty for none."""
    parts = [name_of(part) for part in (source, medium, campaign)]
    return name_of("/".join(parts).rstrip("/"))


def _named(text: str, known: Mapping[str, str]) -> str:
    """Return what is said for a name, tried with fewer and fewer of its words, so that versions do not matter."""
    words = text.strip().lower().split()
    for number in range(len(words), 0, -1):
        found = known.get(" ".join(words[:number]))
        if found is not None:
            return found
    named = name_of(text).split()
    while len(named) > 1 and named[-1][:1].isdigit():
        named.pop()
    return " ".join(named) if named else OTHER
