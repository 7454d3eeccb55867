"""What people, repositories and hosts write is never more than text, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from playwright.sync_api import Page, expect

from bots import conversation, rooms, threads
from bots.models import Room
from deployments.models import (
    Application,
    CommitStatus,
    Deployment,
    Drift,
    Environment,
    Lock,
    Person,
    Role,
)
from deployments.services import comments, drifts, invitations, searches, stars, tokens
from tests.browser.conftest import PageFor
from tests.deployments import build
from tests.deployments.services.queueing import drain
from tests.servers.repositories import Repository

pytestmark = pytest.mark.browser

EVIL = "\"'><img class=evil src=x onerror=alert(1)><script>alert(2)</script></script><b class=evil>"
BRANCH = "x\"'><img/src=x/class=evil/onerror=alert(1)>"  # as far as git lets a name go
ESCAPES = (
    "\x1b]0;pwned\x07title\n"
    "\x1b]8;;javascript:alert(1)\x07a link\x1b]8;;\x07 and so on\n"
    "\x1b]8;;https://evil.example\x1b\\another link\x1b]8;;\x1b\\\n"
    "\x1b[2J\x1b[Hcleared\x1bP1$r\x1b\\ \x9b31mold control\n"
    "good\u202elive\u202c words\n"
    f"\x1b[31m{EVIL}\x1b[0m ERROR\n"
    f"ERROR: {EVIL}\n"
)
# Whatever runs, or stands in the page as an element, was let in by somebody else.
FOUND = """() => [...document.querySelectorAll(
    '.evil, [onerror], [onload], img[src="x"], a[href^="javascript:" i], iframe, object, base')]
    .map(element => element.outerHTML)"""


@pytest.fixture
def code(site: str, tmp_path: Path) -> Repository:
    """A repository whose subject, author, file names and contents are all hostile."""
    made = build.repository(tmp_path)
    made.commit(
        {f"{EVIL.replace('/', '')}.py": f"print('{EVIL}')\n", "a.html": f"{EVIL}\n"},
        f"Say {EVIL}",
        author=f"{EVIL.replace('<', '(').replace('>', ')')} <a@example.org>".encode(),
    )
    made.branch(BRANCH, made.git("rev-parse", "main"))
    return made


@pytest.fixture
def mallory(site: str) -> Person:
    made = Person.objects.create_user("mallory", password=build.PASSWORD, name=EVIL)
    Role.objects.create(person=made, name="admin")
    return made


@pytest.fixture
def production(code: Repository, mallory: Person) -> Environment:
    app = build.application("hello", code.path, build=[EVIL], tasks={"migrate": [EVIL]})
    build.environment(app, "qa", position=1)
    made = build.environment(app, "production", position=2, url=f"https://example.org/{EVIL}")
    made.placements.update(roles=[EVIL])
    live = code.git("rev-parse", "main~1")
    build.live(made, mallory, live, subject=EVIL, why=EVIL, ref=EVIL)
    Lock.objects.create(environment=made, person=mallory, reason=EVIL)
    head = code.git("rev-parse", "main")
    Drift.objects.create(environment=made, sha=live, head=head, behind=1)
    CommitStatus.objects.create(
        repository=app.repository, sha=head, context=EVIL, state="failure", description=EVIL
    )
    drifts.look(app)
    return made


@pytest.fixture
def failed(production: Environment, mallory: Person, code: Repository) -> Deployment:
    """One that failed, with a log full of escapes and a thread full of markup."""
    build.worker()
    made = build.deployment(
        production, mallory, code.git("rev-parse", "main"), status="failure", reason="command",
        subject=EVIL, why=EVIL, ref=EVIL, note=EVIL, parameters={"KEY": EVIL},
        forced=True, forced_past=[EVIL],
    )  # fmt: skip
    build.phase(made, "build", 0, "failure", note=EVIL)
    build.log(made, ESCAPES, host="hello-production-1")
    build.deployment(production, mallory, "c" * 40, status="queued", note=EVIL, why=EVIL, ref=EVIL)
    comments.add(made, mallory, f"{EVIL} @mallory", via="web")
    return made


@pytest.fixture
def room(failed: Deployment, mallory: Person) -> Room:
    made = rooms.make("deploys", EVIL)
    threads.bring_up_to_date(failed)
    drain("chat")
    for line in (f"{EVIL} @mallory", "status", f"deploy hello/{BRANCH} to qa", f"why {EVIL}"):
        conversation.say(mallory, made, line)
        drain("chat")
    searches.save(mallory, EVIL[:60], "state:failure")
    stars.give(mallory, failed.environment.application)
    tokens.make(mallory, EVIL[:60], by=mallory)
    invitations.make(mallory, "viewer", None, note=EVIL)
    Person.objects.create_user("robot", name=EVIL)
    return made


def looked_at(page: Page, path: str) -> str:
    """Open a page, let its scripts work, and return what the reader sees of it."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate(FOUND) == [], path
    return page.locator("body").inner_text()


def test_markup_stays_text_on_every_page(
    page_for: PageFor, mallory: Person, failed: Deployment, room: Room, code: Repository
) -> None:
    complaints: list[str] = []
    page = page_for(mallory)
    page.on("console", lambda said: complaints.append(said.text))
    thread = f"/flow/deploys/{failed.posts.get(parent=None).pk}/"
    at, old = f"/deployments/{failed.pk}/", code.git("rev-parse", "main~2")
    for path in (
        "/", "/queue/", "/weeks/", "/history/?q=state:failure", "/history/?q=script", "/jump/?q=x",
        "/apps/hello/", "/apps/hello/production/", "/apps/hello/production/?ref=main",
        at, f"{at}?q=script", f"{at}?tab=changes", f"{at}?tab=hosts", f"{at}?tab=timeline",
        f"{at}?tab=conversation", f"/compare/hello/{old}...main/", "/flow/deploys/", thread,
        "/flow/-/mentions/", "/flow/-/rooms/", "/settings/", "/settings/audit/", "/settings/me/",
        "/settings/people/", "/settings/people/mallory/", "/settings/tokens/",
        "/settings/apps/hello/", "/settings/apps/hello/production/",
    ):  # fmt: skip
        looked_at(page, path)
    assert [said for said in complaints if "Refused" in said] == []  # by the content policy


def test_names_that_come_by_script_stay_text(
    page_for: PageFor, mallory: Person, failed: Deployment, room: Room
) -> None:
    page = page_for(mallory)
    looked_at(page, "/apps/hello/production/")
    page.get_by_role("combobox").first.press_sequentially("x")
    expect(page.locator("li[role=option]").first).to_contain_text("<img/src=x")
    assert page.evaluate(FOUND) == []

    looked_at(page, "/flow/deploys/")
    page.locator("textarea").press_sequentially("deploy hello/x")
    expect(page.locator("li[role=option]").first).to_contain_text("<img/src=x")
    page.keyboard.press("Escape")
    page.locator("textarea").fill(EVIL)
    page.keyboard.press("Enter")
    expect(page.locator(".msg").last).to_contain_text("<img class=evil")
    assert page.evaluate(FOUND) == []


def test_a_terminals_escapes_do_nothing_in_a_log(
    page_for: PageFor, mallory: Person, failed: Deployment
) -> None:
    page = page_for(mallory)

    seen = looked_at(page, f"/deployments/{failed.pk}/")

    for words in (
        "title",
        "a link and so on",
        "another link",
        "cleared",
        "old control",
        "goodlive",
    ):
        assert words in seen
    assert "pwned" not in seen + page.title() and "evil.example" not in seen
    assert page.locator(".log a[href*=example], .log a[href*=javascript]").count() == 0
    assert not set(map(chr, (*range(9), 27, 155, 0x202E))) & set(page.locator(".log").inner_text())
    raw = page.request.get(f"/deployments/{failed.pk}/log.txt")
    assert raw.headers["content-type"].startswith("text/plain")
    assert raw.headers["x-content-type-options"] == "nosniff" and "\x1b" not in raw.text()


def test_what_arrives_live_stays_text(
    page_for: PageFor, mallory: Person, production: Environment, code: Repository
) -> None:
    going: Any = build.deployment(
        production, mallory, code.git("rev-parse", "main"), status="in_progress", why=EVIL
    )
    page = page_for(mallory)
    with page.expect_response(lambda answer: "/live/" in answer.url):
        page.goto(f"/deployments/{going.pk}/")

    build.log(going, ESCAPES, host="hello-production-1")
    comments.add(going, mallory, EVIL, via="chat")

    expect(page.locator(".log .ln")).to_have_count(7, timeout=30_000)
    expect(page.locator(".msg")).to_contain_text("<img class=evil", timeout=30_000)
    assert page.evaluate(FOUND) == [] and "pwned" not in page.title()


def test_an_apps_name_can_hold_no_markup(site: str) -> None:
    with pytest.raises(ValidationError, match="name"):
        Application(name=EVIL).full_clean(exclude=["repository"])
