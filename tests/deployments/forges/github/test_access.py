"""An App that is installed on a repository, and what its tokens open."""

from __future__ import annotations

import pytest

from deployments.exceptions import ForgeError, Invalid
from deployments.forges.contract import Source
from deployments.forges.github import GitHubForge, access
from deployments.forges.github.access import check_key, check_token, opened, signed
from tests.servers.github.hub import APP, Fault, GitHub
from tests.servers.repositories import Repository


@pytest.fixture
def by_app(hub: GitHub, closed: Source) -> Source:
    hub.installed.add("acme/web")
    return opened(closed, hub.pem, APP)


def made(hub: GitHub) -> int:
    return sum("access_tokens" in one for one in hub.asked)


def test_an_app_opens_the_repository(
    forge: GitHubForge, repository: Repository, by_app: Source
) -> None:
    sha = repository.commit()

    assert forge.resolve(by_app).sha == sha
    assert forge.checks(by_app, sha) == ()


def test_its_token_is_used_until_shortly_before_its_end(hub: GitHub, by_app: Source) -> None:
    assert by_app.access is not None
    first, second = by_app.access.password(), by_app.access.password()

    assert (first == second, made(hub)) == (True, 1)


def test_its_token_is_renewed_before_its_end(hub: GitHub, by_app: Source) -> None:
    assert by_app.access is not None
    hub.lives = int(access.EARLY) - 1
    first, second = by_app.access.password(), by_app.access.password()

    assert (first == second, made(hub)) == (False, 2)


def test_a_token_that_ended_with_its_installation_is_used_once_more_at_most(
    forge: GitHubForge, hub: GitHub, repository: Repository, by_app: Source
) -> None:
    sha = repository.commit()
    forge.checks(by_app, sha)
    assert by_app.access is not None
    del hub.tokens[by_app.access.password()]  # taken away, and installed again

    with pytest.raises(ForgeError, match="does not take the credential"):
        forge.checks(by_app, sha)

    assert (forge.checks(by_app, sha), made(hub)) == ((), 2)


@pytest.mark.parametrize(
    ("headers", "tokens"), [({}, 2), ({"Retry-After": "60"}, 1)], ids=["right", "limit"]
)
def test_where_a_right_lacked_the_next_token_may_have_it(
    forge: GitHubForge,
    hub: GitHub,
    repository: Repository,
    by_app: Source,
    headers: dict[str, str],
    tokens: int,
) -> None:
    sha = repository.commit()
    said = "Resource not accessible by integration"
    hub.faults.append(Fault(403, headers, said, path="/status"))

    with pytest.raises(ForgeError):
        forge.checks(by_app, sha)
    assert by_app.access is not None
    by_app.access.password()

    assert made(hub) == tokens


def test_its_token_opens_this_repository_alone(hub: GitHub, by_app: Source) -> None:
    hub.make("acme/other")
    hub.installed.add("acme/other")
    assert by_app.access is not None

    assert hub.tokens[by_app.access.password()] == {"acme/web"}


def test_an_app_that_is_not_installed_is_told(
    forge: GitHubForge, hub: GitHub, repository: Repository, closed: Source
) -> None:
    repository.commit()

    with pytest.raises(ForgeError, match="an App must be installed on it"):
        forge.resolve(opened(closed, hub.pem, APP))


def test_another_key_is_told(forge: GitHubForge, hub: GitHub, by_app: Source) -> None:
    other = GitHub(hub.folder).pem

    with pytest.raises(ForgeError, match="does not take the credential"):
        forge.resolve(opened(by_app, other, APP))


def test_what_it_signs_lives_less_than_ten_minutes(hub: GitHub) -> None:
    assert hub.is_app(signed(APP, hub.pem))
    assert access.LONGEST + access.SLOW_CLOCK <= 600


@pytest.mark.parametrize("text", ["", "ghp_token", "-----BEGIN RSA PRIVATE KEY-----\nx\n"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match=r"paste the whole \.pem file"):
        check_key(text)


def test_a_key_is_taken(hub: GitHub) -> None:
    check_key(hub.pem)


@pytest.mark.parametrize("text", ["ghp_one\nghp_two", "ghp one", "ghp…", "\xa0ghp", ""])
def test_what_is_no_token_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_token(text)

    assert "ghp" not in str(refused.value)
