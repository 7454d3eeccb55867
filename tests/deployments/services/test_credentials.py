"""Keys and secrets go in and come out only to deploy."""

from __future__ import annotations

import pytest
from django.db import connection

from deployments.exceptions import DeploymentError, Invalid, NotAllowed
from deployments.models import Application, Change, Environment, Person, Secret, SshKey
from deployments.runner import keys
from deployments.services import credentials

pytestmark = pytest.mark.django_db

VALUE = "hunter2hunter2"


def test_a_secret_is_kept_encrypted(here: Environment, dora: Person) -> None:
    secret = credentials.set_secret("TOKEN", VALUE, dora, environment=here)

    assert VALUE.encode() not in bytes(secret.value_encrypted)
    assert credentials.values(here) == {"TOKEN": VALUE}


def test_a_new_value_takes_the_place_of_the_old(here: Environment, dora: Person) -> None:
    credentials.set_secret("TOKEN", VALUE, dora, environment=here)
    credentials.set_secret("TOKEN", "another one", dora, environment=here)

    assert credentials.values(here) == {"TOKEN": "another one"}
    assert Secret.objects.count() == 1


def test_an_environment_has_its_applications_secrets_and_its_own_before_them(
    plain: Application, here: Environment, there: Environment, dora: Person
) -> None:
    credentials.set_secret("TOKEN", "for all of it", dora, application=plain)
    credentials.set_secret("TOKEN", "only here", dora, environment=here)

    assert credentials.values(here) == {"TOKEN": "only here"}
    assert credentials.values(there) == {"TOKEN": "for all of it"}


def test_a_change_tells_the_mark_and_not_the_value(here: Environment, dora: Person) -> None:
    secret = credentials.set_secret("TOKEN", VALUE, dora, environment=here)

    change = Change.objects.get(verb="secret.set")
    assert (change.subject, change.new, change.person) == ("TOKEN", secret.fingerprint, dora)
    assert VALUE not in str(vars(change))


def test_marks_are_equal_for_equal_values_only(
    here: Environment, there: Environment, dora: Person
) -> None:
    marks = [
        credentials.set_secret("TOKEN", value, dora, environment=place).fingerprint
        for place, value in ((here, VALUE), (there, VALUE), (there, "another one"))
    ]

    assert marks[0] == marks[1] != marks[2]


@pytest.mark.parametrize("value", ["", "short", "x" * 64_001, "with\0nul"])
def test_a_value_that_could_not_be_masked_or_sent_is_refused(
    here: Environment, dora: Person, value: str
) -> None:
    with pytest.raises(Invalid):
        credentials.set_secret("TOKEN", value, dora, environment=here)
    assert not Secret.objects.exists()


@pytest.mark.parametrize(
    "name",
    ["", "1st", "with-dash", "a b", "$(id)", "x\n", "PATH", "HOME", "release", "SHIPMATE_RUN"],
)
def test_a_name_that_commands_could_not_use_is_refused(
    here: Environment, dora: Person, name: str
) -> None:
    with pytest.raises(Invalid):
        credentials.set_secret(name, VALUE, dora, environment=here)


def test_a_refusal_does_not_tell_the_value(here: Environment, dora: Person) -> None:
    with pytest.raises(Invalid) as refused:
        credentials.set_secret("no name", VALUE, dora, environment=here)

    assert VALUE not in str(refused.value)


def test_a_removed_secret_is_gone(here: Environment, dora: Person) -> None:
    secret = credentials.set_secret("TOKEN", VALUE, dora, environment=here)

    credentials.remove_secret(secret, dora)

    assert credentials.values(here) == {}
    assert Change.objects.get(verb="secret.removed").subject == "TOKEN"


def test_a_deployer_neither_sets_nor_removes(
    here: Environment, alice: Person, dora: Person
) -> None:
    secret = credentials.set_secret("TOKEN", VALUE, dora, environment=here)

    with pytest.raises(NotAllowed):
        credentials.set_secret("TOKEN", "another one", alice, environment=here)
    with pytest.raises(NotAllowed):
        credentials.remove_secret(secret, alice)
    assert credentials.values(here) == {"TOKEN": VALUE}


def test_a_deployer_makes_and_gives_no_key(here: Environment, alice: Person) -> None:
    before = here.ssh_key.fingerprint

    with pytest.raises(NotAllowed):
        credentials.make_key(here, alice)
    with pytest.raises(NotAllowed):
        credentials.give_key(here, keys.generate("x").private, alice)
    assert SshKey.objects.get().fingerprint == before


def test_a_new_key_takes_the_place_of_the_old(here: Environment, dora: Person) -> None:
    before = here.ssh_key.public

    made = credentials.make_key(here, dora)

    assert made.public != before
    assert SshKey.objects.count() == 1
    assert Change.objects.latest("pk").subject == made.fingerprint


def test_a_given_key_signs_in_with_what_was_given(here: Environment, dora: Person) -> None:
    pair = keys.generate("mine")

    credentials.give_key(here, pair.private, dora)

    again = Environment.objects.get(pk=here.pk)
    assert keys.read(credentials.private_key(again)).fingerprint == pair.fingerprint


def test_what_is_no_key_is_refused_without_being_told(here: Environment, dora: Person) -> None:
    with pytest.raises(DeploymentError) as refused:
        credentials.give_key(here, f"-----BEGIN {VALUE}", dora)

    assert VALUE not in str(refused.value)


def test_no_column_holds_a_private_key_in_clear(here: Environment) -> None:
    private = credentials.private_key(here)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM deployments_sshkey")
        row = cursor.fetchone()

    assert private.splitlines()[1] not in str(
        [bytes(v) if isinstance(v, memoryview) else v for v in row]
    )
