"""A real browser before a real server.

`site` is the server's address, `page_for(person)` a page of somebody signed in, and
`check_page(page, path)` looks at a page as everybody would: wide and narrow, light and dark.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from chatops.handler import Handler
from deployments.models import Person
from tests.browser.flow import alice, busy, full, production, say  # noqa: F401  the chat's own

# Playwright keeps an event loop in this thread; the tests' own queries are not asynchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

AXE = (Path(__file__).parent.parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS = {1280: 860, 390: 844}

PageFor = Callable[..., Page]
CheckPage = Callable[..., None]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Serve the whole site over ASGI, as in a real installation, in a thread."""
    handler = Handler()
    config = uvicorn.Config(
        ASGIStaticFilesHandler(handler),
        port=0,
        log_level="warning",
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True, name="site")
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    running.should_exit = True
    thread.join(10)
    handler.threads.shutdown()  # with their connections to the database


@pytest.fixture
def site(server: str, transactional_db: None) -> str:
    """Give the address of the running site, with an empty database."""
    return server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium. For a module only: its event loop would be in others' way."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield started
        started.close()


@pytest.fixture
def page_for(browser: Browser, site: str) -> Iterator[PageFor]:
    """Open pages for people who are signed in; with `scripts=False` without JavaScript."""
    opened: list[BrowserContext] = []

    def open_for(person: Person | None, *, scripts: bool = True) -> Page:
        context = browser.new_context(base_url=site, java_script_enabled=scripts)
        opened.append(context)
        context.set_default_timeout(10_000)
        if person is not None:
            client = Client()
            client.force_login(person)
            name = settings.SESSION_COOKIE_NAME
            value = client.cookies[name].value
            context.add_cookies([{"name": name, "value": value, "url": site}])
        return context.new_page()

    yield open_for
    for context in opened:
        context.close()


@pytest.fixture
def check_page() -> CheckPage:
    """Look at a page at both widths in both themes: nothing sticks out, is refused or unreadable.

    With SHIPMATE_SCREENSHOTS set to a folder, each look is kept there as a picture.
    """

    def check(page: Page, path: str, name: str = "") -> None:
        complaints: list[str] = []
        page.on("console", lambda message: _note(complaints, message))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.goto(path)
                page.wait_for_selector("main", state="attached")  # some pages draw themselves
                where = f"{path} at {width}, {scheme}"
                _keep(page, f"{name or path.strip('/').replace('/', '-')}-{scheme}-{width}")
                assert sideways(page) <= 0, f"{where} scrolls sideways"
                assert faults(page) == [], where
        assert complaints == []

    return check


def sideways(page: Page) -> int:
    """Return how many pixels the page sticks out to the right."""
    found: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found


def faults(page: Page) -> list[str]:
    """Return what axe-core finds wrong, each with the place."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(found => found.violations.flatMap("
        "v => v.nodes.map(n => `${v.id}: ${n.target} ${n.failureSummary}`)))",
        RULES,
    )
    return [str(fault) for fault in found]


def _note(complaints: list[str], message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        complaints.append(f"{message.text} {message.location}")


def _keep(page: Page, name: str) -> None:
    folder = os.environ.get("SHIPMATE_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")
