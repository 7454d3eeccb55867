"""Who left the organisation creates no deployment any more that begins by itself."""

from __future__ import annotations

import pytest
from django.utils import timezone
from pytest_django import Settings

from deployments.exceptions import RepositoryAway
from deployments.models import Deployment, ForgeAccess, ForgeAccount, Person
from deployments.selectors import code, ways, webhooks
from deployments.services import creations, linked_accounts, memberships, people
from deployments.services.creations import Creation
from deployments.services.linked_accounts import Proof
from tests.deployments.services.at_github import Clock, Shop, shop_at
from tests.servers.github.hub import TOKEN, Fault, GitHub

pytestmark = pytest.mark.django_db

UID = 583231


@pytest.fixture
def shop(hub: GitHub, root: Person, alice: Person, settings: Settings) -> Shop:
    """Members of acme alone come in; octocat is one, and Alice proved a while ago to be octocat."""
    settings.SHIPMATE_GITHUB_CLIENT_ID = "Iv1.shipmate"
    settings.SHIPMATE_GITHUB_URL = hub.address
    settings.SHIPMATE_GITHUB_MEMBERS = ["umbrella/ops", "acme"]
    hub.join("octocat", UID, "acme")
    hub.org_readers.add(TOKEN)
    made = shop_at(hub, root, alice)
    linked_accounts.link(alice, Proof(ways.way("github"), str(UID), "octocat"))
    ForgeAccount.objects.update(member_at=None)
    return made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def creation(shop: Shop) -> Creation:
    repository = shop.app.repository
    return Creation(
        remote_id=shop.hub.number(),
        sha=code.resolve(shop.app, "main").sha,
        ref="main",
        task="deploy",
        environment="qa",
        description="",
        payload={},
        base_url=webhooks.api_of(repository),
        uid=UID,
        login="octocat",
        created_at=timezone.now(),
    )


def created(shop: Shop) -> Deployment:
    """Have octocat create one at GitHub, and return what is made of it here."""
    repository = shop.app.repository
    creations.perform(repository, creations.look_at(repository, creation(shop)))
    return Deployment.objects.latest("pk")


def asked(shop: Shop) -> int:
    return sum("/memberships/octocat" in one for one in shop.hub.asked)


def test_what_a_member_creates_begins(shop: Shop) -> None:
    assert created(shop).status == "queued"


def test_a_team_counts_as_well(shop: Shop) -> None:
    shop.hub.join("octocat", UID, "umbrella/ops")

    assert created(shop).status == "queued"


@pytest.mark.parametrize("left", [(), ("umbrella",), ("other",)])
def test_what_who_left_creates_waits_for_somebody(shop: Shop, left: tuple[str, ...]) -> None:
    shop.hub.join("octocat", UID, *left)

    made = created(shop)

    assert (made.status, made.waits_for) == ("pending", "approval")
    assert made.note.startswith("octocat is no member of umbrella/ops or acme at GitHub, so")


def test_who_is_only_invited_is_no_member(shop: Shop) -> None:
    shop.hub.members["octocat"].belongs["acme"] = "pending"

    assert created(shop).waits_for == "approval"


def test_for_a_while_github_is_asked_once(shop: Shop, clock: Clock) -> None:
    created(shop)
    once = asked(shop)
    shop.hub.join("octocat", UID)

    assert (created(shop).status, asked(shop)) == ("queued", once)

    clock.on(minutes=11)
    assert created(shop).waits_for == "approval"


def test_who_is_known_to_have_left_is_asked_for_each_time(shop: Shop) -> None:
    shop.hub.join("octocat", UID)
    created(shop)
    shop.hub.join("octocat", UID, "acme")

    assert created(shop).status == "queued"


def test_who_has_just_signed_in_is_a_member(shop: Shop, clock: Clock) -> None:
    linked_accounts.seen(Proof(ways.way("github"), str(UID), "octocat"))

    assert (created(shop).status, asked(shop)) == ("queued", 0)


def test_where_nobody_may_ask_somebody_approves(shop: Shop) -> None:
    shop.hub.org_readers.clear()

    made = created(shop)

    assert made.waits_for == "approval"
    assert "give it “Members: read” of the organisation" in made.note


def test_a_github_that_is_ill_is_waited_for(shop: Shop) -> None:
    shop.spoil(*[Fault(502, path="/memberships/")] * 6)

    with pytest.raises(RepositoryAway, match="cannot answer now"):
        created(shop)
    assert not Deployment.objects.exists()

    shop.hub.faults.clear()
    assert created(shop).status == "queued"


def test_without_a_credential_somebody_approves(shop: Shop) -> None:
    said = creation(shop)
    ForgeAccess.objects.all().delete()

    why = memberships.doubt(shop.app.repository, said)

    assert why.startswith("Without a credential nobody can ask whether octocat is in")


def test_where_no_members_are_asked_for_github_is_not(shop: Shop, settings: Settings) -> None:
    settings.SHIPMATE_GITHUB_MEMBERS = []
    shop.hub.join("octocat", UID)

    assert (created(shop).status, asked(shop)) == ("queued", 0)


def test_a_sign_in_where_no_members_are_asked_for_says_nothing_of_them(
    shop: Shop, settings: Settings
) -> None:
    settings.SHIPMATE_GITHUB_MEMBERS = []
    linked_accounts.seen(Proof(ways.way("github"), str(UID), "octocat"))

    assert ForgeAccount.objects.get().member_at is None


def test_who_is_deactivated_here_acts_by_no_account(shop: Shop, root: Person) -> None:
    people.set_active(shop.person, False, root)

    made = created(shop)

    assert (made.waits_for, str(made.person)) == ("approval", f"octocat at {shop.hub.address[8:]}")
