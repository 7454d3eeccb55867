"""create_person: the first administrator, from a script."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from deployments import rights
from deployments.models import Change, Person


def create(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("create_person", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_password_alone_is_printed_once(db: None) -> None:
    out, err = create("ana", "--name", "Ana Ferri", "--role", "admin")

    ana = Person.objects.get(username="ana")
    assert ana.check_password(out.strip())
    assert rights.may(ana, "administer")
    assert "Ana Ferri is added, admin everywhere" in err
    assert Change.objects.filter(verb="person.added", via="command").exists()


def test_a_name_that_is_taken_is_refused_in_words(root: Person) -> None:
    with pytest.raises(CommandError, match="already exists"):
        create("root")


def test_a_role_that_does_not_exist_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="captain"):
        create("ana", "--role", "captain")

    assert not Person.objects.exists()
