from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from chatops.environment import (
    env_bool,
    env_int,
    env_list,
    env_secret,
    env_text,
    make_private,
)

NAME = "SHIPMATE_TRIED"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.delenv(f"{NAME}_FILE", raising=False)


def test_a_text_is_what_the_variable_says_without_blanks_around(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(NAME, " hello ")

    assert env_text(NAME, "else") == "hello"


def test_a_text_that_nobody_gave_is_the_default() -> None:
    assert env_text(NAME, "else") == "else"


def test_a_file_is_read_where_the_variable_names_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv(NAME, "from the variable")

    assert env_text(NAME) == "from a file"


@pytest.mark.parametrize(
    ("word", "switch"), [("TRUE", True), ("1", True), ("off", False), ("", False)]
)
def test_a_switch_is_on_or_off(monkeypatch: pytest.MonkeyPatch, word: str, switch: bool) -> None:
    monkeypatch.setenv(NAME, word)

    assert env_bool(NAME, not switch) is switch


def test_a_switch_that_is_neither_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "maybe")

    with pytest.raises(
        ImproperlyConfigured, match="SHIPMATE_TRIED is 'maybe'; write true or false"
    ):
        env_bool(NAME)


def test_a_number_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "12s")

    with pytest.raises(ImproperlyConfigured, match="write a whole number"):
        env_int(NAME, 12)


def test_a_list_has_no_blanks_and_no_empty_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " a, b,, c ,")

    assert env_list(NAME) == ["a", "b", "c"]


def test_a_secret_from_the_environment_is_not_written_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(NAME, "given")

    assert env_secret(NAME, tmp_path / "key", "signing") == "given"
    assert not (tmp_path / "key").exists()


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "key"

    first = env_secret(NAME, path, "fernet")

    assert env_secret(NAME, path, "fernet") == first
    Fernet(first)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_secret_is_on_the_disk_before_anything_is_encrypted_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    synced = list[int]()

    def sync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", sync)
    env_secret(NAME, tmp_path / "key", "fernet")

    assert synced == [(tmp_path / "key").stat().st_ino, tmp_path.stat().st_ino]


def test_processes_that_start_together_agree_on_the_secret(tmp_path: Path) -> None:
    path, found = tmp_path / "key", set[str]()
    start = threading.Barrier(8)

    def look() -> None:
        start.wait()
        found.add(env_secret(NAME, path, "signing"))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 1


def test_one_that_starts_while_another_writes_disturbs_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path, found = tmp_path / "key", list[str]()
    link = os.link

    def another_is_faster(*given: Any) -> None:
        monkeypatch.setattr(os, "link", link)
        found.append(env_secret(NAME, path, "signing"))
        link(*given)

    monkeypatch.setattr(os, "link", another_is_faster)

    assert [env_secret(NAME, path, "signing")] == found
    assert list(tmp_path.iterdir()) == [path]


def test_folders_that_are_made_are_for_their_owner_alone(tmp_path: Path) -> None:
    make_private(tmp_path / "state" / "keys")

    made = [tmp_path / "state", tmp_path / "state" / "keys"]
    assert [folder.stat().st_mode & 0o777 for folder in made] == [0o700, 0o700]


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    make_private(tmp_path)

    assert tmp_path.stat().st_mode & 0o777 == 0o755
