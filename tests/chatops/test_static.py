"""What pages need is collected at the first start, and where it has changed since."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from pytest_django import Settings

from chatops import static


@pytest.fixture(autouse=True)
def _own_folders(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.STATE, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STATICFILES_DIRS = [tmp_path / "ours"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours/page.css").write_text("one")
    finders.get_finder.cache_clear()  # type: ignore[attr-defined]  # of other folders
    yield
    finders.get_finder.cache_clear()  # type: ignore[attr-defined]


def collected(folder: Path) -> str:
    return (folder / "static/page.css").read_text()


def change(file: Path) -> None:
    """Write something else, later: within a second Django takes it for the same."""
    file.write_text("another")
    later = file.stat().st_mtime + 5
    os.utime(file, (later, later))


def test_they_are_collected_once(tmp_path: Path) -> None:
    static.collect()
    (tmp_path / "static/page.css").write_text("as it was left")

    static.collect()

    assert collected(tmp_path) == "as it was left"


def test_a_change_is_collected(tmp_path: Path) -> None:
    static.collect()
    change(tmp_path / "ours/page.css")

    static.collect()

    assert collected(tmp_path) == "another"


def test_a_folder_that_is_gone_is_made_anew(tmp_path: Path) -> None:
    static.collect()
    (tmp_path / "static/page.css").unlink()
    (tmp_path / "static").rmdir()

    static.collect()

    assert collected(tmp_path) == "one"
