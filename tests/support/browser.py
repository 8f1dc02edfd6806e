"""A real Chromium in front of a server: what a person sees and does, and what must never happen meanwhile."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect, sync_playwright

from tests.support.processes import stop
from tests.support.tools import NODE_MODULES, need

expect.set_options(timeout=30_000)  # as long as everything else waits

NAMES = ("chromium", "chromium-browser", "google-chrome")
AXE = NODE_MODULES / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCHEMES = ("light", "dark")
PHONE, TABLET, DESKTOP = (360, 740), (820, 1180), (1440, 900)
LEAST_TARGET = 44
"""The least height and width of what is touched, in CSS pixels."""

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
    window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""

NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

TARGETS = "a, button, input, summary, label:has(input) > span:not(.muted)"
SMALL_TARGETS = f"""(least) => [...document.querySelectorAll("{TARGETS}")]
    .filter((one) => one.checkVisibility({{ contentVisibilityAuto: true, opacityProperty: true }}))
    .filter((one) => !one.closest(".skip"))
    .map((one) => [one.outerHTML.slice(0, 80), (one.closest("label") ?? one).getBoundingClientRect()])
    .filter(([, box]) => box.height < least || box.width < least)
    .map(([what, box]) => `${{what}} ${{box.width}}x${{box.height}}`)"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium. While it runs, no other event loop can run in this thread."""
    program = need_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def find_chromium() -> str | None:
    """Return the path of Chromium or Chrome, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def chromium_alone(url: str, profile: Path, *arguments: str) -> Iterator[None]:
    """Open an address in a Chromium that no tool controls, and end it with the block."""
    options = ["--headless=new", "--no-sandbox", "--no-first-run", "--disable-background-networking", *arguments]
    command = [need_chromium(), *options, f"--user-data-dir={profile / 'profile'}", url]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        stop(process)


def need_chromium() -> str:
    """Return the path of Chromium or Chrome, or skip the test; in CI fail it."""
    return find_chromium() or need(NAMES[0])


class Person:
    """Somebody with a browser of their own, at a server.

    What the pages' policy forbids and what is written to the console as an error is collected in `complaints`.
    """

    def __init__(self, browser: Browser, url: str, *, size: tuple[int, int] = DESKTOP, **options: Any) -> None:
        width, height = size
        viewport = {"width": width, "height": height}
        self.url = url
        self.complaints: list[str] = []
        self.refreshes = 0
        self.context: BrowserContext = browser.new_context(
            **{"base_url": url, "viewport": viewport, "locale": "en-GB", "reduced_motion": "reduce", **options}
        )
        self.context.add_init_script(WATCH)
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.context.on("request", self._count)
        self.page = self.context.new_page()

    def open(self, path: str = "/") -> Page:
        """Open an address."""
        self.page.goto(path)
        return self.page

    def see(self, text: str, *, role: str = "heading") -> Locator:
        """Wait until something with a role and exactly this name is there, and return it."""
        found = self.page.get_by_role(role, name=text, exact=True)  # type: ignore[arg-type]
        found.wait_for()
        return found

    def fill(self, **fields: str) -> None:
        """Fill in fields, which are called by their names."""
        for name, value in fields.items():
            self.page.locator(f"input[name={name}]").fill(value)

    def press(self, button: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=button, exact=True).click()

    def sign_in(self, email: str, password: str) -> None:
        """Sign in on the page that asks for it."""
        self.fill(email=email, password=password)
        self.press("Sign in")

    def faults(self) -> list[str]:
        """Return what axe finds wrong with the page in both colour schemes."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text() + "; undefined")
        found = []
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            self.page.evaluate(NEXT_FRAME)  # a page may follow the scheme by a script
            options = {"runOnly": RULES, "resultTypes": ["violations"]}
            result = self.page.evaluate("(options) => axe.run(document, options)", options)
            for rule in result["violations"]:
                found += [f"{scheme} {rule['id']}: {node['html'][:120]}" for node in rule["nodes"]]
        return found

    def small_targets(self) -> list[str]:
        """Return what is smaller than a finger."""
        found: list[str] = self.page.evaluate(SMALL_TARGETS, LEAST_TARGET)
        return found

    def is_as_wide_as_the_screen(self) -> bool:
        """Tell whether nothing makes the page scroll sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))

    def leave(self) -> None:
        """Close the browser's window, and look at what was forbidden in it."""
        for page in self.context.pages:
            self.complaints += page.evaluate("window.violations")
        self.context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        # An answer other than success is logged as a resource that failed; the pages show it to the person.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def _count(self, request: Any) -> None:
        self.refreshes += request.url.endswith("/api/auth/refresh")
