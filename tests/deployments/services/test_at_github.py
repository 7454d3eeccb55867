"""A repository at GitHub: how it is opened, who may, and what its checks hold back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytest_django import DjangoAssertNumQueries

from deployments import vault
from deployments.exceptions import ForgeError, Invalid, NotAllowed, Refused
from deployments.models import (
    Application,
    Change,
    CommitStatus,
    Deployment,
    Environment,
    ForgeAccess,
    Person,
    Role,
)
from deployments.selectors import code, openings
from deployments.selectors.repositories import Opening, look
from deployments.services import applications, checks, contexts, drifts, repositories
from deployments.services.lifecycle import Door, request
from tests.deployments import build
from tests.servers.github.hub import APP, TOKEN, Fault, GitHub
from tests.servers.repositories import Repository

NAME = "acme/web"
BY_TOKEN = Opening("github", "", TOKEN)


@pytest.fixture
def web(hub: GitHub) -> Repository:
    made = hub.make(NAME)
    made.commit({"a": "a"}, "Say hello")
    return made


@pytest.fixture
def address(hub: GitHub, web: Repository) -> str:
    return f"{hub.address}/{NAME}"


@pytest.fixture
def shop(root: Person, address: str) -> Application:
    return applications.add("shop", f"{address}.git", root, BY_TOKEN)


def test_an_application_is_added_with_what_opens_it(
    shop: Application, web: Repository, address: str
) -> None:
    kept = shop.repository.access

    assert (shop.repository.forge, shop.repository.location) == ("github", address)
    assert vault.decrypt(kept.secret_encrypted) == TOKEN
    assert code.resolve(shop, "").sha == web.git("rev-parse", "main")


def test_the_token_is_recorded_by_its_mark_alone(shop: Application) -> None:
    change = Change.objects.get(verb="access.set")

    assert change.new == vault.fingerprint(TOKEN)
    assert not [one for one in Change.objects.all() if TOKEN in f"{one.new}{one.old}{one.note}"]
    assert TOKEN.encode() not in bytes(shop.repository.access.secret_encrypted)


def test_an_app_opens_it(hub: GitHub, root: Person, address: str, web: Repository) -> None:
    hub.installed.add(NAME)

    shop = applications.add("shop", address, root, Opening("github", APP, hub.pem))

    assert code.refs(shop).head == web.git("rev-parse", "main")
    assert shop.repository.access.app == APP


def test_what_opens_nothing_is_not_kept(root: Person, address: str) -> None:
    with pytest.raises(ForgeError, match="does not take the credential"):
        applications.add("shop", address, root, Opening("github", "", "ghp_wrong"))

    assert not ForgeAccess.objects.exists()


def test_an_address_that_is_none_of_github_is_refused(root: Person) -> None:
    with pytest.raises(Invalid, match=r"https://github\.com/owner/name"):
        applications.add("shop", "git@github.com:acme/web", root, BY_TOKEN)


def test_another_token_takes_the_place_of_the_first(
    hub: GitHub, root: Person, shop: Application, address: str
) -> None:
    hub.tokens["ghp_newer"] = {NAME}

    applications.move(shop, address, root, Opening("github", "", "ghp_newer"))

    assert vault.decrypt(ForgeAccess.objects.get().secret_encrypted) == "ghp_newer"


def test_an_empty_token_leaves_the_one_that_is_kept(
    root: Person, shop: Application, address: str
) -> None:
    applications.move(shop, address, root, Opening("github"))

    assert vault.decrypt(ForgeAccess.objects.get().secret_encrypted) == TOKEN


def test_nobody_reads_with_what_opens_an_app_that_is_not_theirs(
    dora: Person, shop: Application, hello: Application, address: str
) -> None:
    Role.objects.filter(person=dora).delete()
    Role.objects.create(person=dora, name="maintainer", application=hello)

    with pytest.raises(NotAllowed, match="shop"):
        applications.move(hello, address, dora, Opening("github"))


def test_git_alone_takes_nothing_along(root: Person, shop: Application, web: Repository) -> None:
    ForgeAccess.objects.get()

    with pytest.raises(ForgeError, match="It is private"):
        applications.move(shop, shop.repository.location, root, Opening("local"))

    assert ForgeAccess.objects.count() == 1  # nothing is changed that cannot be read


def test_checks_whose_long_names_begin_alike_are_read_and_the_worst_counts(
    hub: GitHub, shop: Application, web: Repository
) -> None:
    sha, name = web.git("rev-parse", "main"), "build of " + "x" * 300
    for number, conclusion in enumerate(("success", "failure", "success")):
        hub.run(NAME, sha, f"{name} {number}", conclusion)

    checks.ask(shop, sha)

    (kept,) = CommitStatus.objects.all()
    assert (kept.context, kept.state) == (name[:255], "failure")


def test_what_opened_it_leaves_with_github(root: Person, shop: Application) -> None:
    code.resolve(shop, "")
    seen = look(shop.repository.location, root)

    repositories.keep(replace(seen, opening=Opening("local")), root)

    assert not ForgeAccess.objects.exists()
    assert set(Change.objects.values_list("verb", flat=True)) >= {
        "access.removed", "repository.changed",
    }  # fmt: skip


def test_what_is_left_of_the_hour_is_shown(shop: Application, web: Repository) -> None:
    code.checks(shop, web.git("rev-parse", "main"))

    opened = openings.of(shop.repository)

    assert opened is not None
    assert (opened.limit, opened.app, opened.fingerprint) == (5000, "", vault.fingerprint(TOKEN))
    assert 4990 < opened.remaining < 5000


def test_git_alone_costs_no_query(
    hello: Application, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        code.source(hello)


# ---- Checks ----


@pytest.fixture
def qa(shop: Application) -> Environment:
    made = build.environment(shop, "qa", hosts=1)
    made.checks = "all"
    made.save(update_fields=["checks"])
    return made


@pytest.fixture
def sha(web: Repository) -> str:
    return web.git("rev-parse", "main")


def ask(qa: Environment, person: Person) -> Deployment:
    return request(qa, "main", Door(person, "web"))


def test_a_red_check_at_github_holds_a_deployment_back(
    hub: GitHub, qa: Environment, root: Person, sha: str
) -> None:
    hub.say(NAME, sha, "ci/test", "failure", "2 of 80")

    with pytest.raises(Refused, match=r"ci/test failed \(2 of 80\)"):
        ask(qa, root)


def test_a_run_that_goes_on_holds_it_back_until_it_is_green(
    hub: GitHub, qa: Environment, root: Person, sha: str
) -> None:
    hub.run(NAME, sha, "build", None)
    with pytest.raises(Refused, match="build has not ended yet"):
        ask(qa, root)
    hub.repositories[NAME].runs.clear()
    hub.run(NAME, sha, "build", "success")

    assert ask(qa, root).sha == sha


def test_checks_that_cannot_be_read_hold_it_back_and_say_why(
    hub: GitHub, qa: Environment, root: Person, sha: str
) -> None:
    hub.faults.extend([Fault(502)] * 9)

    with pytest.raises(
        Refused, match=r"What checks say of .* cannot be told: GitHub cannot answer"
    ):
        ask(qa, root)


def test_where_checks_do_not_count_github_is_not_asked(
    hub: GitHub, qa: Environment, root: Person
) -> None:
    qa.checks = "none"
    qa.save(update_fields=["checks"])

    ask(qa, root)

    assert hub.asked == []


def test_github_is_asked_of_the_checks_that_a_caller_names(
    hub: GitHub, qa: Environment, root: Person, sha: str
) -> None:
    Environment.objects.filter(pk=qa.pk).update(checks="none")
    place = Environment.objects.get(pk=qa.pk)
    hub.say(NAME, sha, "ci/test", "success")

    made = contexts.request(place, "main", Door(root, "api"), ["ci/test"])

    assert made.sha == sha
    hub.say(NAME, sha, "ci/test", "failure")  # and nobody tells
    with pytest.raises(Refused, match="ci/test failed"):
        contexts.request(place, "main", Door(root, "api"), ["ci/test"])


def test_a_github_that_tells_nothing_of_them_is_told_of(
    hub: GitHub, qa: Environment, root: Person, sha: str
) -> None:
    hub.faults.extend([Fault(502)] * 9)

    with pytest.raises(Refused, match=r"502.* Whether its checks have passed cannot be told"):
        contexts.request(qa, "main", Door(root, "api"), ["ci/test"])


def test_a_word_that_is_no_news_is_not_written_again(
    hub: GitHub, shop: Application, sha: str
) -> None:
    hub.say(NAME, sha, "ci/test", "success")
    for _ in range(2):
        checks.ask(shop, sha)

    assert CommitStatus.objects.get().state == "success"
    assert Change.objects.filter(verb="check.set").count() == 1


def test_the_newest_commit_has_its_sign_on_pages(hub: GitHub, shop: Application, sha: str) -> None:
    hub.say(NAME, sha, "ci/test", "failure")

    drifts.look(shop)

    assert CommitStatus.objects.get().context == "ci/test"
