"""What the database itself does not let happen, whoever writes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from deployments.models import (
    Application,
    Deployment,
    Environment,
    ForgeDeployment,
    Host,
    LogChunk,
    Person,
    PhaseRun,
    Placement,
    Repository,
    Role,
    Secret,
)
from tests.deployments import build

pytestmark = pytest.mark.django_db
SHA = "a" * 40


@pytest.fixture
def app(db: None) -> Application:
    return build.application("plain", Path("/nowhere/plain.git"))


@pytest.fixture
def here(app: Application) -> Environment:
    return build.environment(app, "here")


@pytest.fixture
def deployment(here: Environment, alice: Person) -> Deployment:
    return build.deployment(here, alice, SHA, status="in_progress")


def refused(model: Any, **fields: Any) -> bool:
    try:
        with transaction.atomic():
            model.objects.create(**fields)
    except IntegrityError:
        return True
    return False


def test_two_do_not_run_in_one_environment(deployment: Deployment) -> None:
    with pytest.raises(IntegrityError):
        build.deployment(deployment.environment, deployment.person, SHA, status="in_progress")


@pytest.mark.parametrize("status", ["queued", "in_progress", "success", "failure"])
def test_what_goes_on_knows_its_commit(here: Environment, alice: Person, status: str) -> None:
    with pytest.raises(IntegrityError):
        build.deployment(here, alice, "", status=status)


@pytest.mark.parametrize("status", ["pending", "cancelled", "error"])
def test_what_never_began_may_not_know_it(here: Environment, alice: Person, status: str) -> None:
    assert build.deployment(here, alice, "", status=status).sha == ""


def test_a_key_is_used_once(here: Environment, alice: Person) -> None:
    build.deployment(here, alice, SHA, key="1:k")

    with pytest.raises(IntegrityError):
        build.deployment(here, alice, SHA, key="1:k")


def test_a_phase_is_once_on_a_host(deployment: Deployment) -> None:
    fields = {"deployment": deployment, "host": "web-1", "phase": "build", "position": 1}

    assert not refused(PhaseRun, **fields)
    assert refused(PhaseRun, **fields)


def test_a_place_in_the_log_is_taken_once(deployment: Deployment) -> None:
    fields = {"deployment": deployment, "seq": 1, "host": "a", "offset": 0, "first_line": 1}

    assert not refused(LogChunk, **fields)
    assert refused(LogChunk, **fields)


def test_a_host_is_in_an_environment_once(here: Environment) -> None:
    assert refused(Placement, environment=here, host=Host.objects.get())


def test_a_login_is_one_host(here: Environment) -> None:
    known = Host.objects.get()

    assert refused(Host, name="other", address=known.address, port=known.port, user=known.user)


def test_names_are_taken_once(app: Application, here: Environment) -> None:
    assert refused(Application, name="plain", repository=app.repository)
    assert refused(Environment, application=app, name="here")
    assert refused(Repository, location="/nowhere/plain.git")


def test_a_role_has_one_scope_and_is_given_once(
    app: Application, here: Environment, bob: Person
) -> None:
    assert refused(Role, person=bob, name="viewer")
    assert refused(Role, person=bob, name="admin", application=app, environment=here)
    assert not refused(Role, person=bob, name="deployer", application=app)
    assert refused(Role, person=bob, name="admin", application=app)
    assert not refused(Role, person=bob, name="deployer", environment=here)
    assert refused(Role, person=bob, name="admin", environment=here)


def test_a_secret_has_one_owner_and_one_value(app: Application, here: Environment) -> None:
    assert refused(Secret, name="A", value_encrypted=b"")
    assert refused(Secret, name="A", value_encrypted=b"", application=app, environment=here)
    for owner in {"application": app}, {"environment": here}:
        assert not refused(Secret, name="A", value_encrypted=b"", **owner)
        assert refused(Secret, name="A", value_encrypted=b"", **owner)


@pytest.mark.parametrize("name", ["", "Web", "-web", "a b", "a/b", "ä", "x" * 64, "a\n"])
def test_such_a_name_is_none(app: Application, name: str) -> None:
    app.name = name

    with pytest.raises(ValidationError):
        app.full_clean()


@pytest.mark.parametrize("name", ["deploy", "to", "status"])
def test_a_word_of_the_chat_language_is_no_name(app: Application, name: str) -> None:
    app.name = name

    with pytest.raises(ValidationError, match="a word of the chat language"):
        app.full_clean()


@pytest.mark.parametrize("field", ["address", "user"])
@pytest.mark.parametrize("value", ["-oProxyCommand=x", "a b", "a;b", "$(id)", "a\nb", ""])
def test_such_an_address_or_login_is_none(here: Environment, field: str, value: str) -> None:
    host = Host.objects.get()
    setattr(host, field, value)

    with pytest.raises(ValidationError):
        host.full_clean()


@pytest.mark.parametrize("address", ["web.example.com", "10.0.0.1", "::1", "fe80::1%eth0", "[::1]"])
def test_such_an_address_is_one(here: Environment, address: str) -> None:
    host = Host.objects.get()
    host.address = address

    host.full_clean()


def test_a_run_has_a_name_of_its_own_on_each_host(deployment: Deployment) -> None:
    run = PhaseRun(deployment=deployment, host="web-1", phase="switch back", position=0)

    moment = f"{deployment.created_at:%y%m%d%H%M%S%f}"
    assert run.run_id == f"{deployment.pk}-{moment}-0-switch-back.web-1"


def test_a_run_of_the_same_number_elsewhere_has_another_name(deployment: Deployment) -> None:
    run = PhaseRun(deployment=deployment, host="web-1", phase="build", position=0)
    name = run.run_id

    deployment.created_at += timedelta(microseconds=1)

    assert run.run_id != name


def test_how_long_it_took_is_known_at_its_end(here: Environment, alice: Person) -> None:
    assert build.deployment(here, alice, SHA).seconds == pytest.approx(60, abs=1)
    assert build.deployment(here, alice, SHA, status="queued").seconds is None


def test_what_was_deployed_is_not_deleted_with_its_environment(deployment: Deployment) -> None:
    with pytest.raises(Exception, match="protected"):
        deployment.environment.delete()


def test_a_machine_of_the_version_before_still_writes_what_was_created_at_github(
    app: Application,
) -> None:
    """It knows nothing of columns that were added since."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO deployments_forgedeployment"
            " (repository_id, remote_id, refusal, base_url, uid, login, heard_at)"
            " VALUES (%s, 1, '', 'https://api.github.com', 7, 'octocat', %s)",
            [app.repository_id, timezone.now()],
        )

    made = ForgeDeployment.objects.get()
    assert (made.done, made.answer_tries) == ("", 0)
