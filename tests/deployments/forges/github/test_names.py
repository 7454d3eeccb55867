"""Branches of every name: git and bodies tell of them; no address has one in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployments.forges.contract import Merge, Source
from deployments.forges.github import GitHubForge, deployments
from deployments.forges.github.access import Token
from tests.deployments.forges import test_merging
from tests.servers.github.hub import TOKEN, GitHub
from tests.servers.repositories import Repository

wish = test_merging.wish
NAMES = ["a/b/c", "fix#12", "50%", "a%2Fb", "a+b", "q&a=1", "dé/ünï", "日本", "it's"]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_found_compared_and_read(
    forge: GitHubForge, repository: Repository, source: Source, wish: Merge, name: str
) -> None:
    repository.git("branch", name, "fix")

    found = forge.resolve(source, name)

    assert (found.ref, found.sha) == (name, test_merging.tip(repository))
    assert name in {one.name for one in forge.refs(source).branches}
    assert [one.sha for one in forge.between(source, wish.base_sha, found.sha).commits] == [
        found.sha
    ]
    assert forge.checks(source, found.sha) == ()


@pytest.mark.parametrize("name", NAMES)
def test_it_is_merged_into_and_deployed(
    forge: GitHubForge, hub: GitHub, repository: Repository, source: Source, wish: Merge, name: str
) -> None:
    repository.git("branch", name, "fix")

    made = forge.merge(source, replace(wish, branch=name))
    told = deployments.create(
        Token(source.location, TOKEN).caller(), deployments.Wish(name, "qa", contexts=())
    )

    assert made.sha == test_merging.tip(repository, name)
    assert isinstance(told, deployments.Created)
    assert hub.repositories["acme/web"].deployments[0]["ref"] == name
    assert {one.partition(" ")[2] for one in hub.asked} == {
        "/repos/acme/web/merges",
        "/repos/acme/web/deployments",
    }
