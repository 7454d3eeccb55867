"""Who may have the secret of a repository's webhook: it speaks for every app that is made of it."""

from __future__ import annotations

import pytest

from deployments.exceptions import NotAllowed
from deployments.models import Application, Person, Role, Webhook
from deployments.services import webhooks
from tests.deployments import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(hello: Application) -> Application:
    """Another app of the same repository."""
    return Application.objects.create(name="worker", repository=hello.repository)


def keeper(*apps: Application) -> Person:
    made = build.person("kim")
    for app in apps:
        Role.objects.create(person=made, name="maintainer", application=app)
    return made


def test_who_keeps_one_app_of_several_gets_no_secret(
    hello: Application, worker: Application, dora: Person
) -> None:
    with pytest.raises(NotAllowed, match=r"other apps of the repository too.* Ask dora") as refused:
        webhooks.make(hello, keeper(hello), "acme/hello")

    assert "worker" not in str(refused.value)
    assert not Webhook.objects.exists()


def test_nor_another_one_in_its_place(
    hello: Application, worker: Application, dora: Person
) -> None:
    webhook, _ = webhooks.make(hello, dora, "acme/hello")

    with pytest.raises(NotAllowed, match="takes a maintainer of them all"):
        webhooks.renew_secret(webhook, hello, keeper(hello))


def test_who_keeps_all_of_them_does(hello: Application, worker: Application) -> None:
    kim = keeper(hello, worker)
    webhook, first = webhooks.make(worker, kim, "acme/hello")

    assert webhooks.renew_secret(webhook, hello, kim) != first
