"""The settings of an environment: the steps to a first deployment, and the connection test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deployments.models import Application, Change, Environment, Host, Person
from deployments.runner import keys
from deployments.services import credentials
from tests.deployments import build
from tests.servers import sshd as servers
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.slow

MOON = "/settings/apps/hello/moon/"

WHAT_IT_IS = {"deploys": "deployer", "position": "9", "checks": "none"}


@pytest.fixture
def moon(hello: Application) -> Environment:
    """An environment that has nothing yet."""
    return Environment.objects.create(application=hello, name="moon", position=9)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Sshd]:
    with servers.running(tmp_path / "machine") as running:
        (running.folder / "authorized_keys").write_text("")
        yield running


@pytest.fixture
def placed(as_dora: Client, moon: Environment, machine: Sshd) -> Client:
    """Dora's browser, after she has placed the machine and made a key."""
    target = machine.target()
    host = {"name": "web-9", "address": target.address, "port": target.port, "user": target.user}
    as_dora.post(f"{MOON}place/new/", {**host, "roles": "web, db"})
    as_dora.post(f"{MOON}key/")
    return as_dora


def text(client: Client, address: str = MOON) -> str:
    return " ".join(client.get(address).content.decode().split())


def pressed(client: Client, action: str, **sent: str) -> str:
    answer = client.post(f"{MOON}hosts/web-9/{action}/", sent)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def done(page: str) -> list[str]:
    """Return the steps that are ticked."""
    rows = page.split('id="steps-h"')[1].split("</ol>")[0].split("<li>")[1:]
    return [row.split("<b>")[1].split("</b>")[0] for row in rows if ">done<" in row]


def test_the_steps_begin_with_what_is_lacking(as_dora: Client, moon: Environment) -> None:
    assert done(text(as_dora)) == ["Say what to run"]


def test_the_steps_are_ticked_as_they_are_done(placed: Client) -> None:
    assert done(text(placed)) == ["Place a host", "Make an SSH key", "Say what to run"]


def test_a_viewer_sees_no_steps_and_no_buttons(as_bob: Client, moon: Environment) -> None:
    page = text(as_bob)

    assert "To the first deployment" not in page
    assert MOON not in page.split("<main")[1].replace(f'href="{MOON}"', "")


def test_a_host_is_placed_with_its_roles(placed: Client, moon: Environment) -> None:
    placement = moon.placements.get()

    assert placement.roles == ["web", "db"]
    assert str(placement.host) in text(placed)


def test_a_known_host_is_placed(as_dora: Client, moon: Environment, qa: Environment) -> None:
    host = qa.placements.get().host

    as_dora.post(f"{MOON}place/", {"host": host.pk, "roles": "worker"})

    assert moon.placements.get().roles == ["worker"]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"address": "a b"}, "Write a host name or an IP address."),
        ({"port": "99999"}, "65535"),
        ({"user": "-oX"}, "Write a login name."),
        ({"roles": "Web!"}, "“Web!”: Use small letters"),
        ({"name": "hello-qa-1"}, "already exists"),
    ],
)
def test_a_faulty_host_is_said_at_its_field(
    as_dora: Client, moon: Environment, sent: dict[str, str], told: str
) -> None:
    right = {"name": "web-9", "address": "web-9.invalid", "port": "22", "user": "deploy"}

    page = as_dora.post(f"{MOON}place/new/", {**right, **sent}).content.decode()

    assert told in page
    assert not Host.objects.filter(name="web-9").exists()


def test_without_a_key_the_test_says_what_comes_first(as_dora: Client, moon: Environment) -> None:
    build.place(moon, "web-9")

    assert "has no SSH key yet. Make one" in pressed(as_dora, "test")


@pytest.mark.sshd
def test_an_unknown_host_shows_its_key_to_be_accepted(placed: Client, machine: Sshd) -> None:
    page = pressed(placed, "test")

    assert keys.fingerprint(machine.host_key) in page
    assert "Accept this key" in page
    assert Host.objects.get(name="web-9").host_keys == ""


@pytest.mark.sshd
def test_once_accepted_the_page_gives_the_line_to_add(
    placed: Client, machine: Sshd, moon: Environment
) -> None:
    page = pressed(placed, "accept", line=machine.host_key)

    assert "does not let" in page
    assert f"{moon.ssh_key.public}&#x27; &gt;&gt; ~/.ssh/authorized_keys" in page


@pytest.mark.sshd
def test_once_let_in_all_is_well_and_ticked(
    placed: Client, machine: Sshd, moon: Environment
) -> None:
    pressed(placed, "accept", line=machine.host_key)
    (machine.folder / "authorized_keys").write_text(moon.ssh_key.public + "\n")

    page = pressed(placed, "test")

    assert "All is well." in page
    assert "Let Shipmate in" in done(page)
    assert "btn-main" in page.split("Deploy from its page")[0].rpartition("<a ")[2]


@pytest.mark.sshd
def test_a_key_that_the_host_does_not_show_is_not_accepted(placed: Client) -> None:
    other = keys.generate().public

    answer = placed.post(
        f"{MOON}hosts/web-9/accept/", {"line": other}, HTTP_REFERER=MOON, follow=True
    )

    assert "Nothing was accepted" in answer.content.decode()
    assert Host.objects.get(name="web-9").host_keys == ""


@pytest.mark.sshd
def test_a_changed_key_is_an_alarm_without_a_button(placed: Client, machine: Sshd) -> None:
    pressed(placed, "accept", line=machine.host_key)
    machine.stop()
    machine.new_host_key()
    machine.start()

    page = pressed(placed, "test")

    assert "THE HOST KEY OF web-9 HAS CHANGED" in page
    assert 'role="alert"' in page
    assert "Accept this key" not in page


@pytest.mark.sshd
def test_a_silent_host_is_said_to_be(placed: Client, machine: Sshd) -> None:
    machine.stop()

    assert "cannot be reached: Connection refused" in pressed(placed, "test")


def test_the_result_loaded_again_is_the_page(as_dora: Client, moon: Environment) -> None:
    build.place(moon, "web-9")

    assert as_dora.get(f"{MOON}hosts/web-9/test/").headers["Location"] == MOON


def test_what_it_is_is_changed(as_dora: Client, moon: Environment) -> None:
    as_dora.post(MOON, {**WHAT_IT_IS, "aliases": "luna, m", "deploys": "maintainer"})

    moon.refresh_from_db()
    assert (moon.aliases, moon.deploys) == (["luna", "m"], "maintainer")


def test_checks_that_a_commit_must_have_passed_are_named(
    as_dora: Client, moon: Environment
) -> None:
    as_dora.post(
        MOON, {**WHAT_IT_IS, "checks": "named", "required_contexts": "ci/test\r\nlint \r\nlint"}
    )

    moon.refresh_from_db()
    assert (moon.checks, moon.required_contexts) == ("named", ["ci/test", "lint"])
    recorded = Change.objects.filter(verb="environment.changed", environment=moon)
    assert set(recorded.values_list("subject", flat=True)) == {"checks", "required_contexts"}


def test_named_checks_must_be_named(as_dora: Client, moon: Environment) -> None:
    page = as_dora.post(MOON, {**WHAT_IT_IS, "checks": "named"})

    assert "Name at least one check." in page.content.decode()


def test_an_alias_that_is_taken_is_said(as_dora: Client, moon: Environment) -> None:
    page = as_dora.post(MOON, {**WHAT_IT_IS, "aliases": "qa"})

    assert "“qa” already means hello/qa." in page.content.decode()


def test_the_number_of_queries_does_not_grow_with_hosts(
    as_dora: Client, moon: Environment, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    build.place(moon, "web-1")
    with django_assert_max_num_queries(60) as few:
        text(as_dora)
    for number in range(2, 9):
        build.place(moon, f"web-{number}")

    with django_assert_max_num_queries(len(few)):
        text(as_dora)


# ---- What was changed ----


def test_each_setting_has_its_own_history(as_dora: Client, dora: Person, qa: Environment) -> None:
    credentials.set_secret("API_KEY", "sesame-sesame", dora, environment=qa)
    credentials.set_secret("OTHER_KEY", "sesame-sesame", dora, environment=qa)
    page = f"/settings/apps/{qa.application.name}/{qa.name}/"
    assert 'href="?changes=API_KEY#history"' in as_dora.get(page).content.decode()

    told = as_dora.get(f"{page}?changes=API_KEY").content.decode().split('id="history"')[1]

    assert "only API_KEY" in told and "set the secret" in told and "OTHER_KEY" not in told


def test_a_kind_of_settings_has_a_history_too(
    as_dora: Client, dora: Person, qa: Environment
) -> None:
    credentials.set_secret("API_KEY", "sesame-sesame", dora, environment=qa)
    page = f"/settings/apps/{qa.application.name}/{qa.name}/"

    told = as_dora.get(f"{page}?changes=key").content.decode().split('id="history"')[1]

    assert "made an SSH key" in told and "API_KEY" not in told
    assert "Nothing yet of moon" in as_dora.get(f"{page}?changes=moon").content.decode()
