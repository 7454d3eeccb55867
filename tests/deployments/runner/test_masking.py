from __future__ import annotations

import base64
import itertools
import json
import random
import re
import shlex
import subprocess
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.runner.masking import LONGEST_GAP, Masker, forms, mask_text

pytestmark = pytest.mark.slow

SECRET = "s3cr3t/pass+word's=!"
KEY = "-----BEGIN KEY-----\nMIIabcdefghij\nklmnopqrst\n-----END KEY-----\n"
LONG = "".join(random.Random(1).choices("abcdefghijk", k=90))
SECRETS = [SECRET, KEY, "tøken-ünicode", "aaaaaa", "abcabc", "m12345", LONG]
FORMS = sorted({form for secret in SECRETS for form in forms(secret)})
COLOURS = [b"\x1b[0m", b"\x1b[31;1m", b"\x1b(B", b"\x1b[K", b"\x1b[", b"\x1b", b"\x1b[1"]


def masked(*chunks: bytes, secrets: list[str] | None = None) -> bytes:
    masker = Masker(SECRETS if secrets is None else secrets)
    return b"".join(masker.feed(chunk) for chunk in chunks) + masker.finish()


def in_chunks(stream: bytes, sizes: list[int]) -> Iterator[bytes]:
    for size in itertools.cycle(sizes):
        if not stream:
            return
        yield stream[:size]
        stream = stream[size:]


def shell_trace(secret: str) -> bytes:
    """What `set -x` of a real shell shows of a secret."""
    script = f"set -x; : {shlex.quote(secret)}"
    return subprocess.run(["bash", "-c", script], capture_output=True, check=True).stderr


def test_a_secret_is_hidden_and_the_rest_stays() -> None:
    assert masked(b"user " + SECRET.encode() + b" ok\n") == b"user [masked] ok\n"


@pytest.mark.parametrize(
    "spelled",
    [
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        quote(SECRET, safe="!'()*"),
        re.sub("%..", lambda code: code[0].lower(), quote(SECRET, safe="")),
        json.dumps(SECRET),
        json.dumps(SECRET).replace("/", "\\/"),
        shlex.quote(SECRET),
        SECRET.replace("'", "'\\''"),
        SECRET.encode().hex(),
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_every_usual_spelling_is_hidden(spelled: str) -> None:
    shown = masked(f"[{spelled}]\n".encode())

    assert b"[masked]" in shown
    assert b"pass" not in shown
    assert spelled.encode()[3:-3] not in shown


def test_what_a_shell_traces_is_hidden() -> None:
    assert b"pass" not in masked(shell_trace(SECRET))


@pytest.mark.parametrize("before", ["", "u", "u:", "me:"])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
def test_base64_of_a_secret_with_neighbours_is_hidden(before: str, after: str) -> None:
    header = base64.b64encode(f"{before}{SECRET}{after}".encode())

    assert b"[masked]" in masked(b"Authorization: Basic " + header + b"\n")


@pytest.mark.parametrize("width", [64, 76])
def test_base64_in_lines_is_hidden_in_each_line(width: int) -> None:
    secret = "".join(random.Random(1).choices("abcdefghijk", k=200))
    encoded = base64.b64encode(secret.encode())
    lines = [encoded[start : start + width] for start in range(0, len(encoded), width)]

    shown = masked(b"\n".join(lines), secrets=[secret])

    assert all(line[:-4] not in shown for line in lines)


def test_each_line_of_a_key_is_hidden() -> None:
    for line in KEY.splitlines():
        assert masked(f"  {line} \n".encode()) == b"  [masked] \n"


def test_a_key_with_windows_lines_is_hidden() -> None:
    assert b"klmnop" not in masked(KEY.replace("\n", "\r\n").encode())


def test_fewer_than_six_characters_are_no_secret() -> None:
    assert masked(b"a short word", secrets=["short"]) == b"a short word"
    assert masked(b"a sixsix word", secrets=["sixsix"]) == b"a [masked] word"


def test_a_secret_interrupted_by_colours_is_hidden() -> None:
    painted = b"\x1b[1ms3cr\x1b[0m\x1b(B3t/pa\x1b[31mss+word's=\x1b[K!\x1b[0m end"

    assert masked(painted) == b"\x1b[1m[masked]\x1b[0m end"


def test_a_secret_behind_half_an_escape_is_hidden() -> None:
    assert b"m12345" not in masked(b"\x1b[", b"m12345")


def test_the_end_of_an_escape_is_not_taken_for_the_beginning_of_a_secret() -> None:
    assert masked(b"\x1b[0m", b"12\x1b[1m345") == b"\x1b[0m12\x1b[1m345"


@pytest.mark.parametrize("size", [1, 7, 5000])
def test_what_many_escapes_tear_apart_is_no_secret_however_it_is_cut(size: int) -> None:
    torn = b"s3cr" + b"\x1b[0m" * 300 + SECRET.encode()[4:]

    assert masked(*in_chunks(torn, [size])) == torn


def test_overlapping_secrets_are_hidden_as_one() -> None:
    assert masked(b"<abcabcabc>") == b"<[masked]>"


@pytest.mark.parametrize("cut", range(1, len(SECRET)))
def test_a_secret_in_two_chunks_is_hidden(cut: int) -> None:
    raw = SECRET.encode()

    assert masked(b"> " + raw[:cut], raw[cut:] + b" <") == b"> [masked] <"


def test_a_finished_line_shows_at_once() -> None:
    assert Masker(SECRETS).feed(b"step 1 of 2\n") == b"step 1 of 2\n"


def test_only_what_could_become_a_secret_is_held_back() -> None:
    masker = Masker(SECRETS)

    assert masker.feed(b"step s3cr") == b"step "
    assert masker.held == 4
    assert masker.feed(b"et\n") == b"s3cret\n"
    assert masker.held == 0


def test_held_reaches_back_to_the_beginning_of_a_secret_that_may_go_on() -> None:
    masker = Masker(["abcabc"])

    shown = masker.feed(b"12abcabc")

    assert 8 - masker.held == 2
    assert masked(b"12abcabcabc"[2:], secrets=["abcabc"]) == b"[masked]"
    assert shown in (b"12", b"12[masked]")


def test_endless_colours_inside_of_a_secret_do_not_fill_memory() -> None:
    masker = Masker(SECRETS)
    masker.feed(b"s3cr")

    for _ in range(1000):
        masker.feed(b"\x1b[0m" * 100)

    assert masker.held <= 2 * LONGEST_GAP


def test_an_endless_repetition_of_a_secret_does_not_fill_memory() -> None:
    masker = Masker(["abcabc"])

    shown = b"".join(masker.feed(b"abc" * 100) for _ in range(100))

    assert shown == b"[masked]"
    assert len(masker._tail) < 12


def test_without_secrets_bytes_pass_untouched() -> None:
    assert masked(b"\x1b[", b"\x00\xff", secrets=[]) == b"\x1b[\x00\xff"


def test_text_is_masked_too() -> None:
    assert mask_text("tøken-ünicode is \ud800 odd", SECRETS) == "[masked] is \ud800 odd"


def painted_forms() -> st.SearchStrategy[bytes]:
    """Forms of secrets, whole or begun, with colours in between."""
    beads = st.lists(st.sampled_from([b"", b"", b"", *COLOURS]), min_size=60, max_size=60)
    pieces = st.tuples(st.sampled_from(FORMS), st.integers(1, 60), beads)
    return pieces.map(
        lambda given: b"".join(
            bytes([byte]) + bead for byte, bead in zip(given[0][: given[1]], given[2], strict=False)
        )
    )


def in_lines(secret: str, before: int, width: int, end: bytes, bead: bytes) -> bytes:
    """What a program prints that breaks its base64, with a colour in the middle of each line."""
    encoded = base64.b64encode(b"#" * before + secret.encode() + b"#" * 9)
    lines = [encoded[at : at + width] for at in range(0, len(encoded), width)]
    return end.join(line[:30] + bead + line[30:] for line in lines)


lines = st.builds(
    in_lines,
    st.sampled_from(SECRETS),
    st.integers(0, 90),
    st.sampled_from([64, 76]),
    st.sampled_from([b"\n", b"\r\n", b"\\n", b"\nweb | "]),
    st.sampled_from([b"", b"", *COLOURS]),
)

streams = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.sampled_from(FORMS),
        painted_forms(),
        lines,
        st.sampled_from([*COLOURS, b"a" * 9, b"abc" * 4]),
    ),
    max_size=8,
).map(b"".join)


@given(streams, st.lists(st.integers(1, 40), min_size=1))
def test_any_chunks_are_masked_as_the_whole(stream: bytes, sizes: list[int]) -> None:
    chunks = in_chunks(stream, sizes)

    assert masked(*chunks) == masked(stream)


@given(streams)
def test_no_form_of_a_secret_is_ever_shown(stream: bytes) -> None:
    shown = masked(stream)

    assert not any(form in shown for form in FORMS if form not in b"[masked]" * 3)


@given(streams, st.integers(0, 200))
def test_going_on_from_what_is_settled_leaks_nothing(stream: bytes, cut: int) -> None:
    first = Masker(SECRETS)
    shown = first.feed(stream[:cut])
    settled = min(cut, len(stream)) - first.held

    shown += masked(stream[settled:])

    assert not any(secret.encode() in shown for secret in SECRETS)
