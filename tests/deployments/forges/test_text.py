from __future__ import annotations

import pytest

from deployments.forges import text


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://alice:s3cret99@host/a", "https://host/a"),
        ("https://s3cret99@host/a", "https://host/a"),
        ("at 'ssh://git:p@ss@host/a' and https://x:y@b/", "at 'ssh://host/a' and https://b/"),
        ("mail alice@example.org", "mail alice@example.org"),
    ],
)
def test_credentials_leave_addresses(given: str, kept: str) -> None:
    assert text.without_credentials(given) == kept


def test_one_line_stays_one_line() -> None:
    assert text.plain("a\nb\r\x00\x85\u2028\u202e\tc".encode()) == "ab\tc"


def test_a_path_shows_what_it_hides() -> None:
    assert text.path(b"a\n\t\\\x1b\xff") == "a\\n\\t\\\\\\x1b\ufffd"


def test_a_patch_keeps_its_lines() -> None:
    assert text.drawn(b"+a\tb\r\n\x7f") == "+a\tb␍\n␡"
