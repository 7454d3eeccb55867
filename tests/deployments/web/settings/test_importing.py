"""Two steps on one page: what would be made of an apps.json, then what was."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from deployments import vault
from deployments.apps_json.reading import LONGEST
from deployments.models import Application, Change, Person
from deployments.selectors.importing import Given
from deployments.web.settings.import_forms import sealed
from tests.deployments import build

PAGE = "/settings/apps/-/import/"


@pytest.fixture
def place(tmp_path: Path) -> str:
    (tmp_path / "acme").mkdir()
    build.repository(tmp_path / "acme", "web")
    return f"{tmp_path}/{{repository}}.git"


FILE: dict[str, Any] = {
    "web": {
        "repository": "acme/web",
        "provider": "heroku",
        "environments": ["production", "qa"],
        "heroku_name": "acme-web",
        "github_token": "ghp_sesame",
        "allowed_rooms": ["danger"],
    },
    "gone": {"repository": "acme/gone"},
}


def look(client: Client, where: str, said: dict[str, Any] | None = None, **more: Any) -> str:
    sent = {"text": json.dumps(said or FILE, indent=1), "place": where, **more}
    return " ".join(client.post(PAGE, sent).content.decode().split())


def seal_in(page: str) -> str:
    found = re.search(r'name="sealed" value="([^"]+)"', page)
    assert found
    return found[1]


def test_the_first_step_shows_everything_and_changes_nothing(as_dora: Client, place: str) -> None:
    page = look(as_dora, place)

    assert "What would be made: 1 of 2 apps" in page
    assert "main is at" in page and "“Say it three times”" in page
    assert "A room here names the apps that may be told in it" in page
    assert "There is no folder" in page
    assert not Application.objects.exists()


def test_the_second_step_makes_it(as_dora: Client, dora: Person, place: str) -> None:
    sealed_text = seal_in(look(as_dora, place))

    page = as_dora.post(PAGE, {"sealed": sealed_text}).content.decode()

    assert 'href="/settings/apps/web/qa/"' in page
    assert [app.name for app in Application.objects.all()] == ["web"]
    assert set(Change.objects.values_list("person", "via")) == {(dora.pk, "web")}


def test_sent_twice_nothing_is_made_twice(as_dora: Client, place: str) -> None:
    sealed_text = seal_in(look(as_dora, place))
    as_dora.post(PAGE, {"sealed": sealed_text})

    page = as_dora.post(PAGE, {"sealed": sealed_text}).content.decode()

    assert "was there already" in page
    assert Application.objects.count() == 1


def test_tokens_are_never_shown(as_dora: Client, place: str) -> None:
    page = look(as_dora, place, token="ghp_for_all")

    assert "ghp_" not in page
    assert "ghp_sesame" in vault_text(seal_in(page))


def vault_text(text: str) -> str:
    """Return what is carried from one step to the next."""
    return b64decode(json.loads(vault.decrypt(text.encode()))["data"]).decode()


def test_a_file_is_as_good_as_its_text(as_dora: Client, place: str) -> None:
    file = SimpleUploadedFile("apps.json", json.dumps(FILE).encode())

    page = as_dora.post(PAGE, {"file": file, "place": place}).content.decode()

    assert "What would be made: 1 of 2 apps" in page


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"text": '{"web": {},\n}'}, "line 2, column 1"),
        ({"text": " "}, "Give the file, or paste what stands in it."),
        ({"text": "[]"}, "The file is no object"),
        ({"place": "https://github.com/"}, "in place of owner/name"),
        ({"token": "two words"}, "A token is one word"),
        ({"file": b"{}"}, "Give the file or its text, not both."),
        ({"text": "", "file": b" " * (LONGEST + 9)}, "at most 262,144"),
        ({"text": "", "file": b" " * 1_100_000}, "Give the file, or paste"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    as_dora: Client, place: str, more: dict[str, Any], told: str
) -> None:
    files = {"file": SimpleUploadedFile("apps.json", more["file"])} if "file" in more else {}

    page = look(as_dora, place, **{**more, **files})

    assert told in page
    assert 'aria-invalid="true"' in page


def test_programs_take_an_administrator(as_dora: Client, root: Person, place: str) -> None:
    file = {"web": {"repository": "acme/web", "provider": "capistrano"}}

    page = look(as_dora, place, file)

    assert "dora may not have programs of web run" in page.lower()
    assert 'name="sealed"' not in page


def test_what_was_looked_at_belongs_to_who_looked(
    as_dora: Client, root: Person, place: str
) -> None:
    others = sealed(Given(json.dumps(FILE).encode(), place), root)

    assert_gone(as_dora, others)


def test_it_is_kept_for_an_hour(
    as_dora: Client, dora: Person, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = timezone.now() - timedelta(minutes=61)
    with monkeypatch.context() as then:
        then.setattr("django.utils.timezone.now", lambda: before)
        old = sealed(Given(json.dumps(FILE).encode(), place), dora)

    assert_gone(as_dora, old)


@pytest.mark.parametrize("text", ["", "nonsense", "ö"])
def test_what_was_not_sealed_here_is_refused(as_dora: Client, text: str) -> None:
    assert_gone(as_dora, text)


def assert_gone(client: Client, text: str) -> None:
    answer = client.post(PAGE, {"sealed": text})

    assert answer.status_code == 400
    assert "no longer at hand" in answer.content.decode()
    assert not Application.objects.exists()


def test_it_takes_who_may_add_apps(as_alice: Client) -> None:
    assert as_alice.get(PAGE).status_code == 403


def test_it_is_found_from_the_settings_and_from_the_empty_board(as_dora: Client) -> None:
    assert PAGE in as_dora.get("/settings/").content.decode()
    assert PAGE in as_dora.get("/").content.decode()
