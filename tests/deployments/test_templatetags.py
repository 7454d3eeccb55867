from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils import timezone

from deployments.models import Deployment
from deployments.templatetags.shipmate import initials, relative
from deployments.web.looks import LOOKS, PHASE_LOOKS, look_of

NOW = datetime(2025, 11, 20, 14, 47, tzinfo=UTC)
SPRITE = Path(settings.BASE_DIR, "static/img/signs.svg").read_text()
STYLES = Path(settings.BASE_DIR, "static/css/tokens.css").read_text()


def rendered(source: str, **context: object) -> str:
    return Template("{% load shipmate %}" + source).render(Context(context))


def running(**fields: object) -> SimpleNamespace:
    flags = {"stop_at": None, "is_paused": False, "lease_until": None}
    return SimpleNamespace(**{"status": "in_progress", "reason": "", **flags, **fields})


def test_every_status_has_a_look() -> None:
    assert set(Deployment.Status.values) <= set(LOOKS)


@pytest.mark.parametrize("look", [*LOOKS.values(), *PHASE_LOOKS.values()])
def test_every_sign_is_in_the_sprite(look: SimpleNamespace) -> None:
    assert not look.sign or f'id="s-{look.sign}"' in SPRITE


@pytest.mark.parametrize("look", LOOKS.values())
def test_every_state_has_a_colour(look: SimpleNamespace) -> None:
    plain = {"queued"}  # the colour of whatever has no state of its own

    assert look.data_state in plain or f'[data-state="{look.data_state}"]' in STYLES


def test_every_icon_of_a_template_is_in_the_sprite() -> None:
    names = {
        name
        for page in Path(settings.BASE_DIR, "templates").rglob("*.html")
        for name in re.findall(r'{% icon "([a-z0-9-]+)"', page.read_text())
    }

    assert {name for name in names if f'id="i-{name}"' not in SPRITE} == set()


def test_no_template_carries_a_style_or_a_script_of_its_own() -> None:
    pages = Path(settings.BASE_DIR, "templates").rglob("*.html")
    inline = re.compile(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)|hx-on")

    assert [page.name for page in pages if inline.search(page.read_text())] == []


def test_a_failure_is_told_by_its_reason() -> None:
    assert "Timed out" in rendered("{% badge state %}", state="failure:timed_out")
    assert "Failed" in rendered("{% badge state %}", state="failure:command")


def test_a_badge_may_say_more_than_the_word() -> None:
    badge = rendered('{% badge "in_progress" "Running 62 %" %}')

    assert 'data-state="running"' in badge
    assert "Running 62 %" in badge


def test_only_the_running_sign_turns() -> None:
    assert "sign-running" in rendered('{% sign "in_progress" %}')
    assert "sign-running" not in rendered('{% sign "success" %}')


def test_nothing_has_no_sign() -> None:
    assert rendered("{% sign state %}", state=None) == ""


def test_a_deployment_shows_its_flags() -> None:
    late = NOW - timedelta(minutes=3)

    assert look_of(running(), NOW).word == "Running"
    assert look_of(running(stop_at=NOW), NOW).word == "Cancelling"
    assert look_of(running(lease_until=late, stop_at=NOW), NOW).word == "Lost contact"
    assert look_of(running(is_paused=True), NOW).word == "Paused"
    assert look_of(running(is_paused=True, stop_at=NOW), NOW).word == "Cancelling"


def test_a_finished_deployment_is_never_lost() -> None:
    assert look_of(running(status="success", lease_until=NOW - timedelta(days=9)), NOW).word == (
        "Succeeded"
    )


def test_what_people_write_is_escaped() -> None:
    line = rendered("{% chatline line %}", line='deploy web because "<b>"')

    assert "<b>" not in line
    assert 'data-copy="deploy web because &quot;&lt;b&gt;&quot;"' in line


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ana Ferri", "AF"), ("Ana Maria Ferri", "AF"), ("ana", "AN"), ("a.ferri", "AF"), ("", "")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_no_person_is_the_bot() -> None:
    assert "face-bot" in rendered("{% face nobody %}", nobody=None)


def test_a_short_sha_has_seven_digits() -> None:
    assert rendered("{{ sha|short_sha }}", sha="a1b2c3d4e5f6") == "a1b2c3d"
    assert rendered("{{ sha|short_sha }}", sha=None) == ""


@pytest.mark.parametrize(
    ("ago", "text", "short"),
    [
        (timedelta(seconds=20), "just now", "now"),
        (timedelta(minutes=18), "18 min ago", "18 min"),
        (timedelta(hours=3, minutes=59), "3 h ago", "3 h"),
        (timedelta(days=2), "2 d ago", "2 d"),
        (timedelta(hours=-2, minutes=-5), "in 2 h", "2 h"),
        (timedelta(days=20), "31 Oct", "31 Oct"),
        (timedelta(days=400), "16 Oct 2024", "16 Oct 2024"),
    ],
)
def test_relative_times(ago: timedelta, text: str, short: str) -> None:
    assert relative(NOW - ago, NOW) == text
    assert relative(NOW - ago, NOW, short=True) == short


def test_the_exact_time_is_in_the_zone_of_the_reader() -> None:
    with timezone.override(ZoneInfo("Europe/Rome")):
        text = rendered("{% when moment %}", moment=NOW)

    assert 'datetime="2025-11-20T15:47:00+01:00"' in text
    assert 'title="2025-11-20 15:47:00 ' in text


def test_a_time_that_never_came_is_a_dash() -> None:
    assert rendered("{% when moment %}{% since moment %}", moment=None) == "––"


def test_durations_are_said_in_digits() -> None:
    assert rendered("{{ seconds|duration }}", seconds=72) == "1 m 12 s"
    assert rendered("{{ seconds|duration }}", seconds=None) == "–"
