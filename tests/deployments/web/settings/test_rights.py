"""Right × role: each write of the settings pages, asked by each role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from django.test import Client

from deployments import rights
from deployments.models import Application, Change, Environment, Person, Role
from deployments.rights import RANK, Right
from deployments.services import credentials, hosts, tokens
from tests.deployments import build

pytestmark = pytest.mark.slow

APP, QA, HOST = "/settings/apps/hello/", "/settings/apps/hello/qa/", "/settings/hosts/hello-qa-1/"
PEOPLE = "/settings/people/"


@dataclass(frozen=True)
class Write:
    """A form that is sent, the right that it takes, and where: everywhere, app, environment."""

    address: str
    right: Right
    scope: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


SECRET = {"name": "KEY", "value": "sesame-sesame"}
NEW_HOST = {"name": "web-9", "address": "web-9.invalid", "port": "22", "user": "deploy"}
WHERE = {"address": "moved.invalid", "port": "22", "user": "deploy"}
GIVE = {"person": "bob", "role": "viewer"}
INVITE = {"role": "viewer", "scope": "everywhere", "days": "3"}
WRITES = [
    Write("/settings/apps/new/", "configure", "", {"name": "shop", "location": "/nowhere"}),
    Write("/settings/apps/-/import/", "configure", "", {"text": "{}"}),
    Write(APP, "configure", "app", {"build": "id"}),
    Write(f"{APP}-/repository/move/", "configure", "app", {"location": "/nowhere"}),
    Write(f"{APP}-/auto-merge/set/", "configure", "app", {"auto_merge": "on"}),
    Write(f"{APP}-/default/set/", "configure", "app", {"default_environment": "qa"}),
    Write(f"{APP}-/environments/add/", "configure", "app", {"name": "moon"}),
    Write(f"{APP}-/secrets/set/", "configure", "app", SECRET),
    Write(f"{APP}-/secrets/remove/", "configure", "app", {"name": "TOKEN"}),
    Write(QA, "configure", "environment", {"deploys": "deployer", "position": "1"}),
    Write(f"{QA}commands/", "configure", "environment", {"build": "id"}),
    Write(f"{QA}key/", "configure", "environment"),
    Write(f"{QA}key/give/", "configure", "environment", {"private": "-"}),
    Write(f"{QA}secrets/", "configure", "environment", SECRET),
    Write(f"{QA}secrets/remove/", "configure", "environment", {"name": "TOKEN"}),
    Write(f"{QA}place/", "configure", "environment", {"host": "1"}),
    Write(f"{QA}place/new/", "configure", "environment", NEW_HOST),
    Write(f"{QA}hosts/hello-qa-1/roles/", "configure", "environment", {"roles": "db"}),
    Write(f"{QA}hosts/hello-qa-1/unplace/", "configure", "environment"),
    Write(f"{QA}hosts/hello-qa-1/test/", "configure", "environment"),
    Write(f"{QA}hosts/hello-qa-1/accept/", "force", "environment", {"line": build.HOST_KEY}),
    Write("/settings/hosts/", "configure", "environment", NEW_HOST),
    Write(HOST, "configure", "environment", WHERE),
    Write(f"{HOST}scan/", "configure", "environment"),
    Write(f"{HOST}accept/", "force", "environment", {"line": build.HOST_KEY}),
    Write(f"{HOST}forget/", "configure", "environment", {"fingerprint": "SHA256:none"}),
    Write(f"{HOST}remove/", "configure", "environment"),
    Write(f"{APP}-/rename/", "configure", "app", {"name": "shop"}),
    Write(f"{APP}-/archive/", "configure", "app"),
    Write(f"{APP}-/revive/", "configure", "app"),
    Write(f"{APP}-/remove/", "configure", "app"),
    Write(f"{APP}-/roles/give/", "administer", "app", GIVE),
    Write(f"{QA}earlier/", "configure", "app"),
    Write(f"{QA}rename/", "configure", "environment", {"name": "moon"}),
    Write(f"{QA}archive/", "configure", "environment"),
    Write(f"{QA}revive/", "configure", "environment"),
    Write(f"{QA}remove/", "configure", "app"),
    Write(f"{QA}roles/give/", "administer", "environment", GIVE),
    Write("/settings/audit/export/", "administer"),
    Write(PEOPLE, "administer", "", {"username": "emil"}),
    Write(f"{PEOPLE}-/invite/", "administer", "", INVITE),
    Write(f"{PEOPLE}charlie/sessions/end/", "administer"),
    Write(f"{PEOPLE}charlie/second-factor/remove/", "administer"),
    Write(f"{PEOPLE}charlie/accounts/1/unlink/", "administer"),
    Write(f"{PEOPLE}charlie/", "administer", "", {"role": "viewer", "scope": "everywhere"}),
    Write(f"{PEOPLE}charlie/active/", "administer", "", {"active": "yes"}),
    Write(f"{PEOPLE}charlie/password/", "administer"),
    Write("/settings/tokens/make/", "deploy", "environment", {"name": "ci", "scopes": "read"}),
]  # fmt: skip
IDS = [write.address.removeprefix("/settings/") for write in WRITES]


@pytest.fixture(autouse=True)
def secrets(hello: Application, qa: Environment, charlie: Person, bob: Person) -> None:
    maker = build.maker()
    credentials.set_secret("TOKEN", "sesame-sesame", maker, application=hello)
    credentials.set_secret("TOKEN", "sesame-sesame", maker, environment=qa)


@pytest.fixture
def asked(client: Client) -> Callable[[str, str, Application | Environment | None], Client]:
    def sign_in(username: str, role: str, scope: Application | Environment | None) -> Client:
        person = Person.objects.create_user(username)
        given = {"application" if isinstance(scope, Application) else "environment": scope}
        Role.objects.create(person=person, name=role, **given)
        client.force_login(person)
        return client

    return sign_in


Asked = Callable[[str, str, Application | Environment | None], Client]


@pytest.mark.parametrize("role", RANK)
@pytest.mark.parametrize("write", WRITES, ids=IDS)
def test_each_write_takes_its_right(write: Write, role: str, asked: Asked) -> None:
    allowed = RANK[role] >= RANK[rights.LEAST[write.right]]
    before = Change.objects.count()

    answer = asked("somebody", role, None).post(write.address, write.data)

    assert (answer.status_code != 403) is allowed
    assert allowed or Change.objects.count() == before


@pytest.mark.parametrize("write", WRITES, ids=IDS)
def test_the_maintainer_of_an_environment_writes_there_only(
    write: Write, asked: Asked, qa: Environment
) -> None:
    answer = asked("somebody", "maintainer", qa).post(write.address, write.data)

    held = write.scope == "environment" and write.right != "administer"
    assert (answer.status_code != 403) is held


@pytest.mark.parametrize(
    "write", [w for w in WRITES if w.scope == "environment" and w.address.startswith((QA, HOST))],
    ids=lambda write: write.address,
)  # fmt: skip
def test_the_maintainer_of_another_environment_writes_nothing_here(
    write: Write, asked: Asked, production: Environment
) -> None:
    before = Change.objects.count()

    answer = asked("somebody", "maintainer", production).post(write.address, write.data)

    assert answer.status_code == 403
    assert Change.objects.count() == before


@pytest.mark.parametrize("write", WRITES, ids=IDS)
def test_the_maintainer_of_an_app_writes_in_all_of_it(
    write: Write, asked: Asked, hello: Application
) -> None:
    answer = asked("somebody", "maintainer", hello).post(write.address, write.data)

    held = write.scope in ("app", "environment") and write.right != "administer"
    assert (answer.status_code != 403) is held


@pytest.mark.parametrize("write", WRITES, ids=IDS)
def test_each_write_is_a_post_with_a_csrf_token(write: Write, root: Person) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(root)
    before = Change.objects.count()

    assert browser.post(write.address, write.data).status_code == 403
    assert browser.get(write.address, write.data).status_code in (200, 302, 405)
    assert Change.objects.count() == before


@pytest.mark.parametrize("write", WRITES, ids=IDS)
def test_a_stranger_is_asked_to_sign_in(write: Write, client: Client) -> None:
    answer = client.post(write.address, write.data)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


def test_nobody_revokes_anothers_token(as_alice: Client, dora: Person) -> None:
    token, text = tokens.make(dora, "nightly", by=dora)

    answer = as_alice.post(f"/settings/tokens/{token.pk}/revoke/")

    assert answer.status_code == 404
    assert tokens.find(text) is not None


def test_a_role_is_taken_by_who_gives_roles_there(
    asked: Asked, charlie: Person, hello: Application
) -> None:
    role = Role.objects.create(person=charlie, name="viewer", application=hello)
    elsewhere = Role.objects.create(person=charlie, name="viewer")
    client = asked("somebody", "admin", hello)

    assert client.post(f"{PEOPLE}charlie/roles/{role.pk}/take/").status_code == 302
    assert client.post(f"{PEOPLE}charlie/roles/{elsewhere.pk}/take/").status_code == 403


def test_the_refusal_says_who_can(asked: Asked, qa: Environment, dora: Person) -> None:
    answer = asked("somebody", "deployer", qa).post(f"{QA}key/")

    assert "it takes a maintainer. Ask dora, maker." in answer.content.decode()
    assert hosts.refusal(dora, "configure", qa.placements.get().host) == ""
