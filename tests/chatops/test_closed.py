"""With SHIPMATE_CLOSED people see only the apps in which they hold a role, by whichever door."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from asgiref.sync import async_to_sync
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from bots import conversation, rooms
from bots.models import Room
from deployments import rights
from deployments.models import Change, Deployment, Drift, Environment, Lock, Person, Role
from deployments.selectors import listing, lookup
from deployments.services import comments, tallies
from tests.bots.talking import Talk, newest
from tests.deployments import build
from tests.deployments.api.conftest import Script
from tests.deployments.conftest import hello, qa, repository  # noqa: F401
from tests.deployments.services.queueing import drain

pytestmark = pytest.mark.django_db

OF_THEIRS = [
    "/apps/hello/", "/apps/hello/qa/", "/flow/team/", "/flow/team/?pane=inbox&q=e",
    "/deployments/1/",
    "/settings/apps/hello/", "/settings/apps/hello/qa/", "/settings/hosts/hello-qa-1/",
    "/settings/people/dora/", "/?show=running", "/?show=locked", "/history/?q=state:success",
    "/history/?q=env:production", "/jump/?q=vau", "/jump/?q=%23", "/flow/-/mentions/",
    "/flow/-/suggest/?text=deploy+", "/flow/-/suggest/?text=lock+se",
]  # fmt: skip
SECRET = ("sekrit", "vault", "hushing", "whisper", "fedcba9")  # what stands in what is hidden


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    with override_settings(SHIPMATE_CLOSED=True):
        yield


@pytest.fixture
def guest(qa: Environment) -> Person:  # noqa: F811
    """Somebody who may look at hello, and at nothing else."""
    made = Person.objects.create_user("guest", password=build.PASSWORD, name="Guest")
    Role.objects.create(person=made, name="viewer", environment=qa)
    build.live(qa, made, "a" * 40)
    return made


@pytest.fixture
def hidden(guest: Person) -> Deployment:
    """An app that the guest holds nothing in, with something of everything in it."""
    owner = build.person("dora")
    room, team = rooms.make("deploys"), rooms.make("team")
    app = build.application("sekrit", Path("/nowhere/sekrit.git"))
    rooms.change(team, "Team", [lookup.application_for(guest, "hello")], owner)
    place = build.environment(app, "vault", production=True)
    Role.objects.create(person=owner, name="maintainer", application=app)
    about = {"application": app, "person": owner}
    Change.objects.create(verb="role.given", subject="dora", new="maintainer", **about)
    live = build.live(
        place, owner, "fedcba9" + "0" * 33, why="hushing", subject="hushing", ref="whisper"
    )
    build.log(live, "whisper\n", host="sekrit-vault-1")
    going = build.deployment(
        place, owner, "fedcba9" + "1" * 33, status="in_progress", why="hushing"
    )
    build.phase(going, "build", 0, "running")
    waits = build.deployment(place, owner, "fedcba9" + "2" * 33, status="queued")
    comments.add(live, owner, "whisper to @guest", via="web")
    Lock.objects.create(environment=place, person=owner, reason="hushing")
    Drift.objects.create(environment=place, sha=live.sha, head="e" * 40, behind=7)
    Deployment.objects.filter(pk=waits.pk).update(queued_at=timezone.now() - timedelta(hours=1))
    Change.objects.create(verb="environment.changed", environment=place, subject="vault", **about)
    conversation.say(owner, room, "the whisper, @guest")
    drain("chat")
    tallies.recount()
    return live


def plain_addresses() -> list[str]:
    """Return every address of pages and API that takes nothing."""

    def walk(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
        for one in patterns:
            route = before + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, route)
            else:
                yield route

    found = walk(get_resolver().url_patterns)
    streams = ("live", ".csv")
    return [one for one in found if not any(word in one for word in ("<", "logout", *streams))]


def told(text: str) -> list[str]:
    return [word for word in SECRET if word in text]


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    parts = answer.streaming_content if answer.streaming else [answer.content]  # type: ignore[attr-defined]
    return b"".join(parts).decode()


@async_to_sync
async def read_table(person: Person) -> str:
    client = AsyncClient()
    await client.aforce_login(person)
    answer = await client.get("/history/deployments.csv")
    return b"".join([part async for part in cast(StreamingHttpResponse, answer)]).decode()


def test_no_page_names_what_is_hidden(client: Client, guest: Person, hidden: Deployment) -> None:
    client.force_login(guest)
    for address in [*plain_addresses(), *OF_THEIRS]:
        assert told(read(client, address)) == [], address


def test_the_sweep_would_find_it(client: Client, guest: Person, hidden: Deployment) -> None:
    client.force_login(guest)

    with override_settings(SHIPMATE_CLOSED=False):
        found = {one for one in plain_addresses() if told(read(client, one))}

    assert found >= {"/", "/queue/", "/history/",
                     "/flow/", "/settings/hosts/", "/settings/people/", "/weeks/"}  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_the_table_to_take_along_has_only_theirs(guest: Person, hidden: Deployment) -> None:
    said = read_table(guest)

    assert told(said) == []
    assert ",hello,qa," in said


def test_its_own_addresses_are_of_nothing(
    client: Client, guest: Person, hidden: Deployment
) -> None:
    client.force_login(guest)
    script = Script(guest)

    for address in ("/apps/sekrit/", "/apps/sekrit/vault/", f"/deployments/{hidden.pk}/",
                    f"/deployments/{hidden.pk}/log.txt", "/compare/sekrit/a...b/",
                    "/settings/apps/sekrit/", "/settings/hosts/sekrit-vault-1/",
                    "/flow/deploys/"):  # fmt: skip
        assert client.get(address).status_code == 404, address
    for address in ("apps/sekrit/", "apps/sekrit/environments/vault/", "hosts/sekrit-vault-1/",
                    f"deployments/{hidden.pk}/", f"deployments/{hidden.pk}/log/"):  # fmt: skip
        assert script.get(address).status_code == 404, address


def test_nothing_hidden_is_found_or_counted(
    client: Client, guest: Person, hidden: Deployment
) -> None:
    script, whole = Script(guest), str(Deployment.objects.count())
    client.force_login(guest)

    for address in ("apps/", "hosts/", "deployments/", "changes/", "me/"):
        assert told(script.get(address).content.decode()) == [], address
    for query in ("whisper", "hushing", "fedcba9", "state:running,success", "by:dora"):
        page = client.get("/history/", {"q": query}).content.decode()
        assert str(hidden.environment) not in page and f">{whole}<" not in page, query
    figures = client.get("/metrics", headers={"Authorization": f"Bearer {script.text}"})
    assert told(figures.content.decode()) == []
    assert "queue" not in figures.content.decode()


@pytest.mark.parametrize(
    "line",
    ["status", "deploys", "locks", "queue", "whoami", "search hushing", "search whisper", "where",
     "who runs", "show #{n}", "log #{n}", "why #{n}", "retry #{n}", "cancel #{n}", "help"],
)  # fmt: skip
def test_the_bot_keeps_it_too(guest: Person, hidden: Deployment, line: str) -> None:
    before = newest()
    talk = Talk(guest, Room.objects.get(slug="team"))

    said = talk(line.format(n=hidden.pk))

    assert told(said.replace("“", "")) in ([], [line.split()[-1]])
    assert newest() > before


def test_where_no_room_is_for_them_it_is_said_who_makes_one(
    client: Client, guest: Person, hidden: Deployment
) -> None:
    Room.objects.filter(slug="team").delete()
    client.force_login(guest)

    said = read(client, "/flow/")

    assert "There is no room for you yet" in said and "ask dora" in said


def test_a_role_for_one_environment_shows_its_whole_app(guest: Person, hidden: Deployment) -> None:
    assert [app.name for app in lookup.applications_for(guest)] == ["hello"]
    assert {place.name for place in lookup.environments_for(guest)} == {"qa", "production"}
    assert {host.name for host in listing.hosts(guest, "", 50)} == {
        "hello-qa-1", "hello-production-1", "hello-production-2",
    }  # fmt: skip


def test_a_role_everywhere_shows_all(guest: Person, hidden: Deployment) -> None:
    Role.objects.create(person=guest, name="viewer")

    assert rights.seen(guest) is None
    assert lookup.deployment_for(guest, hidden.pk) == hidden


def test_without_a_role_there_is_nothing(client: Client, hidden: Deployment) -> None:
    client.force_login(build.person("nobody"))

    assert told(read(client, "/")) == []
    assert "hello" not in read(client, "/")
