"""Make the pictures in docs/screenshots: a demo of their own, driven as a person would."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "screenshots"
PORT = 8798
BASE = f"http://127.0.0.1:{PORT}"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
WIDE, NARROW = (1280, 860), (390, 844)


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or sys.exit("chromium is missing: apt-get install chromium")
    with demo() as password, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = signed_in(browser, password, WIDE)
        for line in ("deploy hello to production", "deploy hello/broken to qa because try it"):
            say(page, line)
            settle(page)
        say(page, "deploy hello/fix-login to production because people cannot sign in")
        page.goto(f"{BASE}/deployments/{newest(page)}/")
        page.wait_for_selector(".ln >> nth=14")
        shoot(page, "deployment")
        page.goto(BASE)
        shoot(page, "board")
        settle(page)
        take_quiet_ones(page)
        take_narrow_ones(browser, password)
        browser.close()


def take_quiet_ones(page: Page) -> None:
    page.goto(f"{BASE}/apps/hello/production/")
    shoot(page, "environment")
    page.goto(f"{BASE}/flow/")
    page.click(".inbox li a >> nth=0")
    page.fill("textarea[name=text]", "The sign-in page is back, thank you")
    page.press("textarea[name=text]", "Enter")
    page.wait_for_selector(".msgs >> text=thank you")
    shoot(page, "flow")
    page.goto(f"{BASE}/compare/hello/main...fix-login/")
    shoot(page, "compare")


def take_narrow_ones(browser: Browser, password: str) -> None:
    page = signed_in(browser, password, NARROW, theme="dark")
    page.goto(f"{BASE}/deployments/{newest(page)}/")
    shoot(page, "deployment-phone-dark")


@contextmanager
def demo() -> Iterator[str]:
    """Run a demo that was never used, and yield the administrator's password."""
    process = subprocess.Popen(
        ["script/demo", "--reset", "--port", str(PORT)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield _password(process)
    finally:
        process.terminate()
        process.wait()


def _password(process: subprocess.Popen[str]) -> str:
    for line in process.stdout or ():
        found = re.search(r"with the password (\S+)", line)
        if found:
            return found.group(1)
    raise RuntimeError("the demo did not start")


def signed_in(browser: Browser, password: str, size: tuple[int, int], theme: str = "light") -> Page:
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        device_scale_factor=1,
    )
    page = context.new_page()
    page.goto(f"{BASE}/accounts/login/")
    page.fill("input[name=login]", "admin")
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{BASE}/")
    return page


def say(page: Page, line: str) -> None:
    page.goto(f"{BASE}/flow/deploys/")
    threads = page.locator(".inbox li").count()
    page.fill("textarea[name=text]", line)
    page.press("textarea[name=text]", "Enter")
    page.wait_for_function("n => document.querySelectorAll('.inbox li').length > n", arg=threads)


def settle(page: Page) -> None:
    """Wait until nothing runs."""
    until = time.monotonic() + 120
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    while time.monotonic() < until:
        board = requests.get(BASE, cookies=cookies, timeout=10).text
        if not re.search(r'data-state="(running|queued|waiting)"', board):
            return
        time.sleep(0.3)
    raise RuntimeError("a deployment does not end")


def newest(page: Page) -> int:
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    inbox = requests.get(f"{BASE}/flow/deploys/?pane=inbox", cookies=cookies, timeout=10).text
    return max(int(number) for number in re.findall(r"#(\d+)<", inbox))


def shoot(page: Page, name: str) -> None:
    page.wait_for_timeout(500)
    page.screenshot(path=OUT / f"{name}.png")


if __name__ == "__main__":
    main()
