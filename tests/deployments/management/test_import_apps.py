"""import_apps: what would be made, then what was, with whose right."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from deployments.models import Application, Change, Person
from tests.deployments import build

APP: dict[str, Any] = {
    "provider": "capistrano",
    "environments": ["qa", "production"],
    "required_contexts": ["ci/test"],
    "allowed_rooms": ["danger"],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    repository = build.repository(tmp_path, "web")
    path = tmp_path / "apps.json"
    path.write_text(json.dumps({"Web": {**APP, "repository": str(repository.path)}}, indent=2))
    return path


def run(*arguments: str | Path) -> str:
    out = StringIO()
    call_command("import_apps", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_dry_run_says_what_becomes_of_each_key_and_keeps_nothing(
    file: Path, root: Person
) -> None:
    out = run(file, "--as", "root", "--dry-run")

    assert "called web: “Web” is no name of an app here" in out
    assert "deployed by: Capistrano 2, through bundler" in out
    assert "production (production), checks: ci/test" in out
    assert "line 11: allowed_rooms: DROPPED: A room here names the apps" in out
    assert "Nothing was changed." in out
    assert not Application.objects.exists()


def test_it_makes_what_the_file_names(file: Path, root: Person) -> None:
    assert "Made: web." in run(file, "--as", "root")

    assert Application.objects.get().name == "web"
    assert Change.objects.get(verb="application.added").via == "command"


def test_twice_it_makes_nothing(file: Path, root: Person) -> None:
    run(file, "--as", "root")

    assert "is there already, left alone" in run(file, "--as", "root")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--as", "nemo"), "Nobody here signs in as “nemo”"),
        (("--as", "alice"), "it takes a maintainer"),
        (("--as", "dora"), "Not made: Web"),
        (("--as", "root", "--place", "https://x"), "in place of owner/name"),
        (("--as", "root", "--github-token-file", "/none/there"), "No such file"),
    ],
)
def test_what_is_refused_is_said(
    file: Path, root: Person, dora: Person, alice: Person, arguments: tuple[str, ...], told: str
) -> None:
    with pytest.raises(CommandError, match=told):
        run(file, *arguments)

    assert not Application.objects.exists()


@pytest.mark.parametrize("text", [b"ghp_first\nghp_second\n", b"ghp_\xff\xfe", b"\n"])
def test_a_token_file_without_one_token_is_refused_and_never_shown(
    file: Path, tmp_path: Path, root: Person, text: bytes
) -> None:
    token = tmp_path / "token"
    token.write_bytes(text)

    with pytest.raises(CommandError) as refused:
        run(file, "--as", "root", "--github-token-file", str(token))

    assert "A token is one word" in str(refused.value)
    assert "ghp_" not in str(refused.value)


def test_a_file_that_is_no_json_is_refused_with_its_line(tmp_path: Path, root: Person) -> None:
    path = tmp_path / "apps.json"
    path.write_text('{"web": {},}')

    with pytest.raises(CommandError, match="line 1, column 12"):
        run(path, "--as", "root")
