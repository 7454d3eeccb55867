"""The main job without a browser: sign in, say the line, follow the thread, over HTTP."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser

import requests

from chatops.demo.setup import ROOM

SECONDS = 600  # a deployment that takes longer has failed here
PAUSE = 0.05
AWAY = 20  # and a page that does not come in this time
LAST_WORD = 1.0  # the thread's last step comes this soon after the end
STATE = r'id="thread-head" data-state="([a-z-]+)"'
FINISHED = {"success", "failed", "partly", "timeout", "error", "cancelled"}
APART = {"p", "div", "header", "time", "dt", "dd", "li", "td"}  # stand apart where they are shown
Say = Callable[[str], None]


@dataclass(frozen=True)
class Told:
    """How it ended: the state's word, the deployment's number, and the times in seconds."""

    state: str
    number: int
    first_output: float
    end: float
    log: str


class Client:
    """A person at the built-in chat."""

    def __init__(self, base: str, username: str, password: str) -> None:
        self.base = base
        self.session = requests.Session()
        self.session.trust_env = False
        self.post("/accounts/login/", "/accounts/login/", {"login": username, "password": password})
        if "sessionid" not in self.session.cookies:
            raise RuntimeError("signing in failed")

    def get(self, path: str) -> str:
        """Read a page; a web process that was ended is back within moments."""
        until = time.monotonic() + AWAY
        while True:
            try:
                answer = self.session.get(self.base + path, timeout=30)
            except requests.ConnectionError:
                if time.monotonic() > until:
                    raise
                time.sleep(PAUSE)
            else:
                answer.raise_for_status()
                return answer.text

    def deploy(self, line: str, say: Say) -> Told:
        """Say the line in the room and follow its thread to the end."""
        known = set(self._threads())
        started = time.monotonic()
        self.post(f"/flow/{ROOM}/", f"/flow/{ROOM}/say/", {"text": line})
        say(f"> {line}")
        thread = self._new_thread(known, started)
        return self._follow(thread, started, say)

    def _follow(self, thread: str, started: float, say: Say) -> Told:
        shown, first = 0, 0.0
        while True:
            head, talk = self.get(f"{thread}?pane=head"), texts(self.get(thread))
            for text in talk[shown:]:
                say(f"  {text}")
            shown = max(shown, len(talk))
            number = int(_first(r"/deployments/(\d+)/", head))
            log = self.get(f"/deployments/{number}/log.txt")
            if not first and _has_output(log):
                first = time.monotonic() - started
            state, spent = _first(STATE, head), time.monotonic() - started
            if state in FINISHED:
                self._await_last_word(thread, shown, say)
                return Told(state, number, first, spent, log)
            if spent > SECONDS:
                raise RuntimeError(f"the deployment is {state} after {SECONDS} seconds")
            time.sleep(PAUSE)

    def _await_last_word(self, thread: str, shown: int, say: Say) -> None:
        """The head shows the end at once; the step below it follows within moments."""
        until = time.monotonic() + LAST_WORD
        while time.monotonic() < until:
            talk = texts(self.get(thread))
            for text in talk[shown:]:
                say(f"  {text}")
            shown = max(shown, len(talk))
            time.sleep(PAUSE)

    def _new_thread(self, known: set[str], started: float) -> str:
        while True:
            new = [thread for thread in self._threads() if thread not in known]
            if new:
                return new[0]
            if time.monotonic() - started > 30:
                talk = texts(self.get(f"/flow/{ROOM}/"))
                raise RuntimeError("the bot did not begin: " + " / ".join(talk[-2:]))
            time.sleep(PAUSE)

    def _threads(self) -> list[str]:
        inbox = self.get(f"/flow/{ROOM}/?pane=inbox")
        return re.findall(rf'href="(/flow/{ROOM}/\d+/)"', inbox)

    def post(self, page: str, path: str, data: dict[str, str]) -> None:
        self.get(page)  # sets the cookie that a form's token is held against
        token = self.session.cookies["csrftoken"]
        answer = self.session.post(
            self.base + path,
            data={**data, "csrfmiddlewaretoken": token},
            headers={"Referer": self.base + page},
            timeout=30,
        )
        answer.raise_for_status()


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"the page has nothing like {pattern}")
    return found.group(1)


def _has_output(log: str) -> bool:
    return any(line and ": [shipmate]" not in line for line in log.splitlines())


class _Texts(HTMLParser):
    """Collects the words of each message."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = ""  # the element that holds the message; nothing of its kind lies within

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.found and tag in APART:
            self.found[-1] += " "
        if (dict(attrs).get("id") or "").startswith("post-"):
            self.found.append("")
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def texts(page: str) -> list[str]:
    """Return what each message on a page says, without its markup."""
    parser = _Texts()
    parser.feed(page)
    return [" ".join(text.split()) for text in parser.found]
