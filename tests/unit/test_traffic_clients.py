"""Browsers, systems and widths: what each is called."""

import pytest

from shopkeeper.domains.traffic.clients import Client, client_of, width_class

ANDROID = "Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = "Chrome/140.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "browser", "system"),
    [
        (f"{WINDOWS} {CHROME}", "Chrome", "Windows"),
        (f"{WINDOWS} {CHROME} Edg/140.0.0.0", "Edge", "Windows"),
        (f"{WINDOWS} {CHROME} OPR/124.0.0.0", "Opera", "Windows"),
        (f"{WINDOWS} {CHROME} Vivaldi/7.5", "Vivaldi", "Windows"),
        ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer", "Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux"),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/140.0.0.0", "Chrome", "ChromeOS"),
        (f"{MAC} Version/18.1 Safari/605.1.15", "Safari", "macOS"),
        (f"{IPHONE} Version/18.7 Mobile/15E148 Safari/604.1", "Safari", "iOS"),
        (f"{IPHONE} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1", "Chrome", "iOS"),
        (f"{IPHONE} FxiOS/140.0 Mobile/15E148 Safari/604.1", "Firefox", "iOS"),
        (f"{IPHONE} EdgiOS/140.0 Version/18.0 Mobile/15E148 Safari/604.1", "Edge", "iOS"),
        (f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/500.0]", "Facebook", "iOS"),
        (f"{IPHONE} Mobile/15E148 Instagram 390.0.0.28.85 (iPhone15,2)", "Instagram", "iOS"),
        (f"{ANDROID} SamsungBrowser/28.0 {CHROME}", "Samsung Internet", "Android"),
        (f"{ANDROID} {CHROME} DuckDuckGo/5", "DuckDuckGo", "Android"),
        (
            "Mozilla/5.0 (Linux; U; Android 4.0.3) AppleWebKit/534.30 Version/4.0 Safari/534.30",
            "Android Browser",
            "Android",
        ),
        ("something else", "", ""),
        ("", "", ""),
    ],
)
def test_a_user_agent_tells_browser_and_system(user_agent: str, browser: str, system: str) -> None:
    assert client_of(user_agent) == Client(browser, system)


@pytest.mark.parametrize(
    ("px", "name"),
    [
        (1, "phone"),
        (639, "phone"),
        (640, "tablet"),
        (1023, "tablet"),
        (1024, "desktop"),
        (1599, "desktop"),
        (1600, "wide"),
        (100_000, "wide"),
        (0, ""),
        (-5, ""),
    ],
)
def test_a_width_has_a_class(px: int, name: str) -> None:
    assert width_class(px) == name
