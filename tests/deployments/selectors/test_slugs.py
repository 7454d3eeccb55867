"""Repositories by owner/name, whatever they are called and wherever they lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.exceptions import Invalid, NotFound
from deployments.models import Application, Environment, Person, Repository
from deployments.selectors import slugs
from tests.deployments import build


@pytest.mark.parametrize(
    ("location", "name", "expected"),
    [
        ("/srv/git/web.git", "web", ("local", "web")),
        ("/srv/git/web.git", "acme/web", ("acme", "web")),
        ("file:///srv/git/web.git", "web", ("local", "web")),
        ("/srv/git/my site", "my site", ("local", "my-site")),
        ("https://github.com/acme/web.git", "web", ("acme", "web")),
        ("https://ana:word@git.example/group/sub/web/", "web", ("sub", "web")),
        ("ssh://git@git.example:2222/acme/web.git", "web", ("acme", "web")),
        ("git@git.example:acme/web.git", "web", ("acme", "web")),
        ("git.example:web.git", "web", ("local", "web")),
        ("/", "…", ("local", "local")),
    ],
)
def test_owner_and_name(location: str, name: str, expected: tuple[str, str]) -> None:
    assert slugs.slug(Repository(location=location, name=name)) == expected


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("https://github.com/acme/web.git", "github.com"),
        ("https://www.github.com/acme/web", "github.com"),
        ("https://Ana:secret@Git.Example:8443/acme/web", "git.example:8443"),
        ("git@git.example:acme/web.git", "git.example"),
        ("ssh://git@git.example:2222/acme/web.git", "git.example"),
        ("/srv/git/web.git", ""),
        ("file:///srv/git/web.git", ""),
    ],
)
def test_where_people_see_it(location: str, host: str) -> None:
    assert slugs.host_of(Repository(location=location)) == host


def named(name: str, folder: Path, repository: str) -> Application:
    row = Repository.objects.create(location=str(folder / name / "site.git"), name=repository)
    return Application.objects.create(name=name, repository=row)


def test_it_is_found_whatever_the_case(alice: Person, hello: Application) -> None:
    found = slugs.repository_for(alice, "ACME", "Hello")

    assert (found.repository, found.full_name) == (hello.repository, "acme/hello")


def test_several_of_one_name_are_told_by_their_numbers(alice: Person, tmp_path: Path) -> None:
    one, two = (named(name, tmp_path, "site") for name in ("one", "two"))

    with pytest.raises(NotFound, match=f"site-{one.repository_id}.*site-{two.repository_id}"):
        slugs.repository_for(alice, "local", "site")
    for app in (one, two):
        found = slugs.repository_for(alice, "local", f"site-{app.repository_id}")
        assert found.repository == app.repository
        assert found.full_name == f"local/site-{app.repository_id}"


def test_a_number_longer_than_any_is_that_of_none(alice: Person, tmp_path: Path) -> None:
    for name in ("one", "two"):
        named(name, tmp_path, "site")

    with pytest.raises(NotFound):
        slugs.repository_for(alice, "local", "site-" + "9" * 5000)


def test_a_number_is_no_name_where_there_is_one_only(alice: Person, tmp_path: Path) -> None:
    app = named("one", tmp_path, "site")

    with pytest.raises(NotFound):
        slugs.repository_for(alice, "local", f"site-{app.repository_id}")


def test_an_alias_means_its_environment_unless_one_is_called_so(
    alice: Person, qa: Environment, production: Environment
) -> None:
    Environment.objects.filter(pk=qa.pk).update(aliases=["live", "production"])
    where = slugs.repository_for(alice, "acme", "hello")

    assert slugs.environment_in(where, "live") == qa
    assert slugs.environment_in(where, "Production") == production


def test_what_is_archived_makes_nothing_ambiguous(
    alice: Person, hello: Application, qa: Environment
) -> None:
    other = Application.objects.create(name="old", repository=hello.repository)
    gone = build.environment(other, "qa")
    Environment.objects.filter(pk=gone.pk).update(archived_at=build.long_ago())
    where = slugs.repository_for(alice, "acme", "hello")

    assert slugs.environment_in(where, "qa") == qa


def test_what_is_not_there_is_told_with_what_is(alice: Person, hello: Application) -> None:
    where = slugs.repository_for(alice, "acme", "hello")

    with pytest.raises(Invalid, match="It has: qa, production"):
        slugs.environment_in(where, "web/qa")


def test_the_app_that_is_named_is_the_one_that_is_meant(
    alice: Person, hello: Application, qa: Environment
) -> None:
    other = Application.objects.create(name="worker", repository=hello.repository)
    stage = build.environment(other, "stage", aliases=["qa"])
    where = slugs.repository_for(alice, "acme", "hello")

    assert slugs.environment_in(where, "qa", "Worker") == stage
    assert slugs.environment_in(where, "hello/qa", "worker") == qa
    assert slugs.environment_in(where, "qa", "any other") == qa


def test_where_the_named_app_has_none_such_no_other_apps_is_taken(
    alice: Person, hello: Application
) -> None:
    other = Application.objects.create(name="worker", repository=hello.repository)
    build.environment(other, "stage")
    where = slugs.repository_for(alice, "acme", "hello")

    with pytest.raises(Invalid, match="worker of acme/hello has no environment “production”"):
        slugs.environment_in(where, "production", "worker")


@pytest.mark.parametrize(
    ("provider", "expected"), [("heroku", "worker/qa"), ("fabric", ""), ("rm -rf /", ""), ("", "")]
)
def test_of_several_the_one_that_is_deployed_so_is_meant(
    alice: Person, hello: Application, qa: Environment, provider: str, expected: str
) -> None:
    other = Application.objects.create(
        name="worker", repository=hello.repository, provider="heroku"
    )
    build.environment(other, "qa")
    where = slugs.repository_for(alice, "acme", "hello")

    if expected:
        assert str(slugs.environment_in(where, "qa", "", provider)) == expected
    else:
        with pytest.raises(Invalid, match="may be any of hello/qa, worker/qa"):
            slugs.environment_in(where, "qa", "", provider)
