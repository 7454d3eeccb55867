"""The way back, as an environment offers it."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from deployments.models import Deployment, Environment, Person
from tests.deployments import build
from tests.deployments.web.production import PAGE, sha, text, words
from tests.servers.repositories import Repository


def test_the_way_back_is_named(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.live(production, alice, sha(repository, "v2"))
    build.live(production, alice, sha(repository))

    assert f"Roll back to {sha(repository, 'v2')[:7]}" in text(as_alice)


def test_what_it_brings_back_and_takes_away_is_said(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    old, new = sha(repository, "v2"), sha(repository)
    build.live(production, alice, old)
    now = build.live(production, alice, new)

    assert f'href="/compare/hello/{new}...{old}/">What will disappear' in text(as_alice)
    page = as_alice.get(now.get_absolute_url()).content.decode()
    assert "with its settings; what migrations did to the database stays" in page


def test_the_way_back_ran_fine_until_what_failed_began(
    as_alice: Client, failed: Deployment, production: Environment
) -> None:
    began = timezone.now() - timedelta(hours=3)
    Deployment.objects.filter(pk=failed.pk).update(started_at=began)

    back = text(as_alice).split('id="back-h"')[1]

    assert f"#{production.deployments.order_by('pk')[0].pk}</a>" in back
    assert "ran fine until <time" in back and "3 h ago" in back


def test_rolling_back_returns_to_what_ran_before(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    before = build.live(production, alice, sha(repository, "v2"))
    build.live(production, alice, sha(repository))

    as_alice.post(f"{PAGE}rollback/", {"to": before.pk, "key": "k"})

    made = Deployment.objects.latest("pk")
    assert (made.kind, made.parent, made.sha) == ("rollback", before, before.sha)


def test_without_a_way_back_the_refusal_stands_on_the_page(
    as_alice: Client, production: Environment
) -> None:
    answer = as_alice.post(f"{PAGE}rollback/", headers={"referer": f"http://testserver{PAGE}"})

    assert answer.status_code == 302
    assert "there is no way back" in text(as_alice)


def test_a_refusal_leads_nowhere_else(as_alice: Client, production: Environment) -> None:
    answer = as_alice.post(f"{PAGE}rollback/", headers={"referer": "https://evil.example/"})

    assert answer.status_code == 400 and "there is no way back" in words(answer)
