"""How far environments are behind, as their repositories said when they were last asked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from deployments import tasks
from deployments.models import Application, Drift, Environment, Person
from deployments.services import drifts
from tests.deployments import build
from tests.deployments.services.queueing import bells
from tests.servers.repositories import Repository


def test_commits_over_what_runs_are_counted(
    hello: Application, production: Environment, alice: Person, repository: Repository
) -> None:
    build.live(production, alice, repository.git("rev-parse", "main~2"))

    tasks.look(hello.pk)

    found = Drift.objects.get()
    assert (found.environment, found.behind) == (production, 2)
    assert found.head == repository.git("rev-parse", "main")


def test_where_hosts_differ_the_furthest_counts(
    hello: Application, production: Environment, alice: Person, repository: Repository
) -> None:
    build.live(production, alice, repository.git("rev-parse", "main~2"))
    build.switched(production, alice, repository.git("rev-parse", "main"), "hello-production-1")

    drifts.look(hello)

    assert Drift.objects.get().behind == 2


def test_a_repository_that_is_away_leaves_what_was_known(
    production: Environment, alice: Person, tmp_path: Path
) -> None:
    build.live(production, alice, "a" * 40)
    Drift.objects.create(environment=production, sha="a" * 40, head="b" * 40, behind=3)
    (tmp_path / "hello.git").rename(tmp_path / "gone.git")

    drifts.look(production.application)

    assert Drift.objects.get().behind == 3


def test_a_commit_that_the_repository_lost_is_not_told_of(
    production: Environment, alice: Person
) -> None:
    build.live(production, alice, "a" * 40)

    drifts.look(production.application)

    assert not Drift.objects.exists()


def test_each_repository_is_asked_now_and_then(hello: Application) -> None:
    drifts.ring()
    drifts.ring()
    assert bells("chat") == [("deployments.tasks.look", (hello.pk,))]

    Application.objects.update(looked_at=timezone.now() - timedelta(minutes=11))
    drifts.ring()

    assert len(bells("chat")) == 2


def test_few_are_asked_in_one_round(db: None) -> None:
    for number in range(drifts.AT_ONCE + 2):
        build.application(f"app{number}", Path(f"/nowhere/{number}"))

    drifts.ring()

    assert len(bells("chat")) == drifts.AT_ONCE
