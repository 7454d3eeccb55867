"""Secrets in base64 that a program broke into lines, wherever in a line they begin."""

from __future__ import annotations

import base64
import random

import pytest

from deployments.runner.masking import forms, mask_text

pytestmark = pytest.mark.slow

LETTERS = "abcdefghijkmnopqrstuvwxyz23456789"
LONG = "".join(random.Random(1).choices(LETTERS, k=200))
SHORT = LONG[:40]


def wrapped(text: str, width: int, end: str = "\n") -> str:
    """Return what `base64 -w WIDTH` prints of a text."""
    encoded = base64.b64encode(text.encode()).decode()
    return "".join(encoded[at : at + width] + end for at in range(0, len(encoded), width))


def leaks(shown: str, secret: str, before: int) -> list[str]:
    """Return what is shown of the letters that tell of the secret alone, so many bytes behind."""
    encoded = base64.b64encode(b"\0" * before + secret.encode()).decode()
    alone = encoded[-(-before * 4 // 3) : (before + len(secret)) * 4 // 3]
    return [alone[at : at + 6] for at in range(len(alone) - 5) if alone[at : at + 6] in shown]


@pytest.mark.parametrize("width", [64, 76])
@pytest.mark.parametrize("secret", [SHORT, LONG])
def test_wherever_it_begins_no_part_of_it_is_shown(secret: str, width: int) -> None:
    for before in range(2 * width):
        text = f"{'#' * before}{secret} and some words more of what is no secret at all"

        assert leaks(mask_text(wrapped(text, width), [secret]), secret, before) == [], before


@pytest.mark.parametrize("end", ["\r\n", " \n", "\\n", "\\r\\n", "\nweb-1  | ", "\x1b[0m\n\x1b[1m"])
def test_lines_may_end_and_begin_in_every_usual_way(end: str) -> None:
    text = f"{'#' * 50}{LONG}"

    assert leaks(mask_text(wrapped(text, 76, end), [LONG]), LONG, 50) == []


def test_what_stands_before_and_behind_it_stays() -> None:
    lines = wrapped(f"{'#' * 100}{LONG}{'#' * 100}", 76).splitlines()

    shown = mask_text("\n".join(lines), [LONG]).splitlines()

    assert (shown[0], shown[-1]) == (lines[0], lines[-1])
    assert shown[1].startswith(lines[1][:58]) and shown[1].endswith("[masked]")
    assert shown[2:4] == ["[masked]"] * 2


def test_in_base64_that_is_not_broken_nothing_else_is_hidden() -> None:
    digest = "0123456789abcdef" * 4

    assert mask_text(f"{digest}\n{digest}\n", [LONG]) == f"{digest}\n{digest}\n"


def test_the_end_of_it_alone_is_a_word_like_others() -> None:
    word = base64.b64encode(LONG.encode()).decode().rstrip("=")[-10:-2]

    assert mask_text(f"a {word}\n", [LONG]) == f"a {word}\n"


def test_a_long_secret_has_as_few_forms_as_a_short_one() -> None:
    assert len(forms(LONG * 20)) == len(forms(LONG))
