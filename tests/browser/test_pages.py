"""Board, application, queue and palette in a real browser."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from django.utils import timezone
from playwright.sync_api import Page, expect

from deployments.models import Application, Deployment, Drift, Environment, Lock, Person
from deployments.services import drifts, stars, tallies
from deployments.services.moves import move
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build

pytestmark = pytest.mark.browser

SHA, OLD = "a" * 40, "b" * 40


@pytest.fixture
def alice(site: str) -> Person:
    return build.person("alice")


@pytest.fixture
def hello(site: str, alice: Person, tmp_path: Path) -> Application:
    """An application with three environments, and a repository that is ahead of them all."""
    code = build.repository(tmp_path)
    app = build.application("hello", code.path)
    places = [
        build.environment(app, name, hosts=2, position=position, production=name == "production")
        for position, name in enumerate(("qa", "staging", "production"))
    ]
    for place, ref in zip(places, ("main", "main~1", "main~2"), strict=True):
        build.live(place, alice, code.git("rev-parse", ref), subject="Say hello")
    build.worker()
    return app


@pytest.fixture
def busy(hello: Application, alice: Person, tmp_path: Path) -> list[Application]:
    """More applications, in every state that a board can show, with a past of twelve weeks."""
    dora = build.person("dora")
    names = ("api", "auth", "billing", "data-pipeline", "docs", "mobile-bff", "search", "worker")
    made = [build.application(name, tmp_path / name) for name in names]
    for app in made:
        for position, name in enumerate(("qa", "staging", "production")):
            place = build.environment(app, name, position=position)
            build.live(place, dora, OLD, subject="Retry the payment once more")
    _past(hello, alice)
    _states([app.environments.order_by("position") for app in made], alice, dora)
    stars.give(alice, hello)
    stars.give(alice, made[2])
    drifts.look(hello)
    tallies.recount()
    return [hello, *made]


def _past(hello: Application, person: Person) -> None:
    now = timezone.now()
    for place in hello.environments.order_by("position"):
        for week in range(12):
            for number in range(2 + (week * 7 + place.position) % 5):
                end = now - timedelta(weeks=week, hours=number)
                status = "failure" if (week + number + place.position) % 7 == 0 else "success"
                took = timedelta(seconds=40 + 8 * week + 25 * place.position)
                made = build.deployment(place, person, OLD, status=status)
                Deployment.objects.filter(pk=made.pk).update(
                    started_at=end - took, finished_at=end, created_at=end - took
                )


def _states(places: list, alice: Person, dora: Person) -> None:  # type: ignore[type-arg]
    began = timezone.now() - timedelta(seconds=35)
    build.deployment(places[0][2], dora, SHA, status="failure", reason="health")
    build.deployment(places[1][1], dora, SHA, status="failure", reason="timed_out")
    build.deployment(places[2][2], alice, SHA, status="in_progress", progress=50, started_at=began)
    build.deployment(places[2][2], dora, SHA, status="queued", queued_at=began)
    build.deployment(places[3][0], alice, SHA, status="queued", queued_at=began)
    build.deployment(places[4][1], dora, SHA, status="pending", note="acme/docs is away.")
    build.deployment(places[5][0], dora, SHA, status="cancelled")
    build.deployment(places[6][1], dora, SHA, status="failure", reason="partly")
    build.deployment(
        places[7][0], dora, SHA, status="in_progress", lease_until=began, started_at=began
    )
    Lock.objects.create(environment=places[0][1], person=alice, reason="load test")
    Lock.objects.create(environment=places[7][2], person=dora)
    for place, behind in ((places[1][2], 3), (places[6][2], 21)):
        Drift.objects.create(environment=place, sha=OLD, head=SHA, behind=behind)


def open_live(page: Page, path: str) -> None:
    with page.expect_response(lambda answer: "/live/" in answer.url):
        page.goto(path)


# ---- The board ----


def test_a_cell_changes_by_itself_and_alone(
    page_for: PageFor, alice: Person, hello: Application
) -> None:
    page = page_for(alice)
    open_live(page, "/")
    page.evaluate("document.querySelector('[data-row]').dataset.mark = 'kept'")
    qa = hello.environments.get(name="qa")
    made = build.deployment(qa, alice, SHA, status="in_progress", progress=40)

    expect(page.locator(f"[data-live=environment-{qa.pk}] .word")).to_contain_text("%")
    expect(page).to_have_title("1 running · Board · Shipmate")
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", re.compile("running"))
    assert move(made, "success")

    expect(page.get_by_role("heading", level=1)).to_have_text("All quiet")
    expect(page.locator("[data-mark=kept]")).to_have_count(1)


def test_a_flood_of_news_is_answered_by_few_questions(
    page_for: PageFor, alice: Person, busy: list[Application]
) -> None:
    asked: list[str] = []
    page = page_for(alice)
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")  # all of this happened within the last seconds, and each is told again

    expect(page.locator("[data-live-state]")).to_have_text("Live", timeout=15_000)
    page.wait_for_timeout(1_000)

    assert sum("part=cell" in url for url in asked) < 20
    assert any("part=all" in url for url in asked)


def test_the_board_still_says_that_it_is_live_when_all_of_it_is_taken_anew(
    page_for: PageFor, alice: Person, hello: Application
) -> None:
    page = page_for(alice)
    page.goto("/")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    build.live(hello.environments.get(name="qa"), alice, OLD, subject="Say hello again")

    page.evaluate(
        "document.dispatchEvent(new CustomEvent('shipmate:refresh',"
        " {detail: document.querySelector('[data-live-many]')}))"
    )

    expect(page.locator("code").filter(has_text=OLD[:7])).to_be_visible()
    expect(page.locator("[data-live-state]")).to_have_text("Live")


def test_what_runs_goes_on_between_two_pieces_of_news(
    page_for: PageFor, alice: Person, hello: Application
) -> None:
    began = timezone.now() - timedelta(seconds=20)  # of the minute that the one before took
    qa = hello.environments.get(name="qa")
    build.deployment(qa, alice, SHA, status="in_progress", started_at=began)
    page = page_for(alice)
    page.goto("/")
    bar = page.locator("td progress")
    first = bar.evaluate("bar => bar.value")

    page.wait_for_function(
        "first => document.querySelector('td progress').value > first", arg=first
    )

    expect(page.locator("td [data-left]")).to_have_text(re.compile(r"\d+ s left"))


@pytest.mark.parametrize("scripts", [True, False])
def test_a_star_takes_one_click(
    page_for: PageFor, alice: Person, busy: list[Application], scripts: bool
) -> None:
    page = page_for(alice, scripts=scripts)
    page.goto("/")

    page.get_by_role("button", name="Star docs").click()

    first = page.locator("[data-row]").first
    expect(first).to_have_attribute("data-row", re.compile("billing|docs|hello"))
    expect(page.get_by_role("button", name="Star docs")).to_have_attribute("aria-pressed", "true")


def test_without_scripts_the_board_is_filtered_and_narrowed(
    page_for: PageFor, alice: Person, busy: list[Application]
) -> None:
    page = page_for(alice, scripts=False)
    page.goto("/")
    page.get_by_role("searchbox", name="Filter apps").fill("bill")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="billing", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="docs", exact=True)).to_be_hidden()

    page.get_by_role("link", name="Locked 2").click()

    expect(page.locator("[data-row]")).to_have_count(2)


def test_the_weeks_unfold_on_the_board(
    page_for: PageFor, alice: Person, busy: list[Application]
) -> None:
    page = page_for(alice)
    page.goto("/")

    page.get_by_text("Deployments a week").click()

    expect(page.locator("#weeks .chart rect").first).to_be_visible()


# ---- Keys only ----


def test_the_keyboard_leads_everywhere(
    page_for: PageFor, alice: Person, hello: Application
) -> None:
    page = page_for(alice)
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("q")
    expect(page.get_by_role("heading", level=1)).to_have_text("Queue")
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.get_by_role("heading", level=1)).to_have_text("All quiet")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("hello")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()


def test_the_palette_is_walked_by_arrows(
    page_for: PageFor, alice: Person, hello: Application
) -> None:
    page = page_for(alice)
    page.goto("/queue/")
    page.keyboard.press("/")
    expect(page.get_by_role("dialog", name="Search or jump to")).to_be_visible()
    page.keyboard.type("hello")
    expect(page.get_by_role("link", name="hello/staging", exact=True)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("hello/staging")


def test_the_palette_opens_the_first_and_closes_on_escape(
    page_for: PageFor, alice: Person, hello: Application
) -> None:
    page = page_for(alice)
    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("hello prod")
    expect(page.locator("dialog li").first).to_have_text("hello/production")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Search or jump to")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("hello qa")
    page.keyboard.press("Enter")  # before the list is there

    expect(page.get_by_role("heading", level=1)).to_have_text("hello/qa")


def test_no_single_key_deploys(page_for: PageFor, alice: Person, hello: Application) -> None:
    page = page_for(alice)
    page.goto("/apps/hello/production/?ref=main")
    before = Deployment.objects.count()

    for key in "abcdefhilmnopqrstuvwxyzDRL":
        page.keyboard.press(key)

    expect(page.get_by_role("button", name="Deploy to production")).to_be_visible()
    assert Deployment.objects.count() == before


# ---- Told when it ends ----


def test_a_notification_comes_only_where_it_was_asked_for(
    page_for: PageFor, alice: Person, hello: Application
) -> None:
    qa = hello.environments.get(name="qa")
    made = build.deployment(qa, alice, SHA, status="in_progress")
    page = page_for(alice)
    page.context.grant_permissions(["notifications"])
    page.add_init_script(
        "window.said = []; window.Notification = class extends EventTarget"
        " { constructor(title, more) { super(); said.push(`${title}: ${more.body}`); }"
        " static get permission() { return 'granted'; }"
        " static async requestPermission() { return 'granted'; } };"
    )
    open_live(page, made.get_absolute_url())
    page.get_by_role("button", name="Tell me when it ends").click()
    expect(page.get_by_role("button", name="Tell me")).to_have_attribute("aria-pressed", "true")

    assert move(made, "success")

    page.wait_for_function("() => said.length === 1")
    assert page.evaluate("said") == [f"hello/qa #{made.pk}: Succeeded"]


# ---- How it looks, and what it weighs ----


@pytest.mark.parametrize(
    ("path", "name"),
    [("/", "board-busy"), ("/?show=failed", "board-failed"), ("/apps/hello/", "app-busy"),
     ("/queue/", "queue-busy"), ("/weeks/", "weeks"), ("/jump/?q=hello", "jump")],
)  # fmt: skip
def test_pages_look_right(
    page_for: PageFor, check_page: CheckPage, alice: Person, busy: list[Application],
    path: str, name: str,
) -> None:  # fmt: skip
    check_page(page_for(alice), path, name)


def test_a_queue_without_workers_looks_right(
    page_for: PageFor, check_page: CheckPage, alice: Person
) -> None:
    check_page(page_for(alice), "/queue/", "queue-empty")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_open_palette_looks_right(
    page_for: PageFor, alice: Person, busy: list[Application], width: int
) -> None:
    from tests.browser.conftest import _keep, faults  # noqa: PLC0415

    page = page_for(alice)
    page.set_viewport_size({"width": width, "height": 800})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto("/")
        page.keyboard.press("Control+k")
        page.keyboard.type("deploy hello")
        expect(page.get_by_role("button", name="deploy hello to qa")).to_be_visible()
        _keep(page, f"palette-{scheme}-{width}")

        assert faults(page) == []


def test_the_first_page_weighs_little(
    page_for: PageFor, site: str, alice: Person, tmp_path: Path
) -> None:
    """With 150 applications in 4 environments: everything that a first visit loads, compressed."""
    for number in range(150):
        app = build.application(f"app{number}", tmp_path / str(number))
        for name in ("qa", "staging", "production", "demo"):
            place = Environment.objects.create(application=app, name=name)
            build.live(place, alice, f"{number:040x}"[::-1])
    page = page_for(alice)
    loaded: list[str] = []
    page.on("requestfinished", lambda request: loaded.append(request.url))
    page.goto("/", wait_until="networkidle")

    cookies = {one["name"]: one["value"] for one in page.context.cookies()}
    weights = {url: _weight(url, cookies) for url in set(loaded) if "/live/" not in url}

    assert urljoin(site, "/static/fonts/geist.woff2") in weights
    assert sum(weights.values()) < 150_000, weights


def _weight(url: str, cookies: dict[str, str]) -> int:
    """Return the bytes that travel: static files are compressed beforehand in an installation."""
    answer = requests.get(url, cookies=cookies, headers={"Accept-Encoding": "identity"}, timeout=30)
    return len(answer.content if url.endswith(".woff2") else gzip.compress(answer.content))
