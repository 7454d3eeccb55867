"""What differs between two versions."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.test import Client
from django.utils.html import escape

from deployments.models import Application
from tests.servers.repositories import Repository

SAFE = "/~:@!$&'()*+,;="  # what Django leaves as it is in an address
pytestmark = pytest.mark.slow  # looks at a page


def test_names_and_commits_are_compared(as_bob: Client, hello: Application) -> None:
    page = as_bob.get("/compare/hello/v2...main/").content.decode()

    assert "Say it three times" in page and "new.txt" in page


def test_going_back_says_what_disappears(as_bob: Client, hello: Application) -> None:
    page = as_bob.get("/compare/hello/main...v2/").content.decode()

    assert "These will disappear" in page and "None: it only goes back" in page


def test_what_the_default_branch_has_besides_is_told(
    as_bob: Client, hello: Application, repository: Repository
) -> None:
    first = repository.git("rev-parse", "main~2")

    page = as_bob.get(f"/compare/hello/{first}...v2/").content.decode()

    assert "Not in it" in page and "Say it three times" in page


def test_branches_with_slashes_work(
    as_bob: Client, hello: Application, repository: Repository
) -> None:
    repository.branch("fix/it", repository.git("rev-parse", "v2^{commit}"))

    assert as_bob.get("/compare/hello/fix/it...main/").status_code == 200


@pytest.mark.parametrize("name", ["fix#12", "50%", "a%2Fb", "a+b", "q&a=1", "dé/ünï", "日本"])
def test_a_branch_of_any_name_is_compared_both_ways(
    as_bob: Client, hello: Application, repository: Repository, name: str
) -> None:
    repository.git("branch", name, "main~1")

    page = as_bob.get(f"/compare/hello/{quote(name)}...main/").content.decode()

    back = f"/compare/hello/main...{quote(name, safe=SAFE)}/"
    assert f'href="{escape(back)}"' in page
    assert as_bob.get(back).status_code == 200


def test_an_address_without_two_versions_says_how_it_looks(
    as_bob: Client, hello: Application
) -> None:
    answer = as_bob.get("/compare/hello/main/")

    assert answer.status_code == 400 and "/compare/web/v1.2...main/" in answer.content.decode()


def test_an_unknown_name_is_said(as_bob: Client, hello: Application) -> None:
    answer = as_bob.get("/compare/hello/nowhere...main/")

    assert answer.status_code == 409 and "nowhere" in answer.content.decode()


def test_what_files_hold_is_escaped(
    as_bob: Client, hello: Application, repository: Repository
) -> None:
    repository.commit({"<i>.html": "<script>alert(1)</script>\n"}, "<b>bold</b>")

    page = as_bob.get("/compare/hello/v2...main/").content.decode()

    assert "<script>alert" not in page and "<b>bold" not in page and "<i>.html" not in page
