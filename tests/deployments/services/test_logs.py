"""However output is cut on its way, what is kept is the whole of it, masked."""

from __future__ import annotations

import random
import textwrap
from base64 import b64encode

import pytest

from deployments.models import Deployment, LogChunk, PhaseRun
from deployments.runner.masking import mask_text
from deployments.selectors.log import lines_of
from deployments.services import logs
from deployments.services.lease import Lease, LeaseLost
from deployments.services.logs import LogWriter
from deployments.services.moves import claim
from tests.deployments.services.conftest import copy, fall_silent

pytestmark = pytest.mark.django_db

SECRETS = ["hunter2hunter2", "two lines\nof a secret", "schlüssel-für-alles"]
WORDS = [
    *SECRETS,
    "hunter2hunter",
    "aHVudGVyMmh1bnRlcjI=",
    "plain",
    "grün",
    "\n",
    "\n",
    "\n\n",
    "\x1b[1m",
    "\x00",
    "█▓",
    "\r",
    " ",
]


@pytest.fixture
def held(queued: Deployment) -> Deployment:
    assert claim(queued, "one")
    return queued


@pytest.fixture
def writer(held: Deployment) -> LogWriter:
    return LogWriter(held, Lease(held), SECRETS)


@pytest.fixture
def run(held: Deployment) -> PhaseRun:
    return make_run(held, "web-1")


def make_run(deployment: Deployment, host: str) -> PhaseRun:
    return PhaseRun.objects.create(deployment=deployment, host=host, phase="build", position=0)


def kept(deployment: Deployment, host: str = "web-1") -> str:
    chunks = LogChunk.objects.filter(deployment=deployment, host=host).order_by("seq")
    return "".join(chunk.text for chunk in chunks)


def test_whoever_goes_on_behind_a_line_of_a_secret_hides_its_rest(
    held: Deployment, run: PhaseRun
) -> None:
    """A secret in base64, in lines: the last one alone is as much of a secret as the others."""
    secret = "correct horse battery staple, and more of what nobody may know"
    first, rest = textwrap.wrap(b64encode(secret.encode()).decode(), 76)
    for line in (first, rest):
        writer, seen = LogWriter(copy(held), Lease(held), [secret]), PhaseRun.objects.get(pk=run.pk)
        writer.take(seen, f"{line}\n".encode())
        writer.flush()

    assert kept(held) == mask_text(f"{first}\n{rest}\n", [secret])


def test_bytes_that_never_end_a_character_do_not_fill_memory(
    writer: LogWriter, run: PhaseRun, held: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST", 1_000)
    monkeypatch.setattr(logs, "WAITING", 2_000)
    for _ in range(5):
        writer.take(run, b"\xc3" * 1_000)
        writer.flush()

    assert len(kept(held)) > 2_000


def masked(data: bytes) -> str:
    text = mask_text(data.decode("utf-8", "surrogateescape"), SECRETS)
    shown = text.encode("utf-8", "surrogateescape")
    return shown.decode(errors="replace").replace("\x00", "\ufffd")


def cuts(data: bytes, chance: random.Random) -> list[bytes]:
    """Cut it anywhere, also inside of secrets, characters and escape sequences."""
    pieces, start = [], 0
    while start < len(data):
        end = start + chance.randint(1, chance.choice([3, 20, 200]))
        pieces.append(data[start:end])
        start = end
    return pieces


@pytest.mark.parametrize("seed", range(25))
def test_whatever_the_cuts_the_whole_is_kept_masked(
    writer: LogWriter, run: PhaseRun, held: Deployment, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(logs, "PATIENCE", chance.choice([0.0, 100.0]))
    monkeypatch.setattr(logs, "MOST", chance.choice([10, 64_000]))
    data = "".join(chance.choices(WORDS, k=120)).encode()

    for piece in cuts(data, chance):
        writer.take(run, piece)
        if chance.random() < 0.3:
            writer.flush()
    writer.finish(run)

    assert kept(held) == masked(data)


@pytest.mark.parametrize("seed", range(15))
def test_a_worker_that_dies_anywhere_leaves_nothing_out_and_repeats_nothing(
    held: Deployment, run: PhaseRun, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(logs, "PATIENCE", chance.choice([0.0, 100.0]))
    data = "".join(chance.choices(WORDS, k=80)).encode()

    for _ in range(4):
        writer = LogWriter(copy(held), Lease(held), SECRETS)
        seen = PhaseRun.objects.get(pk=run.pk)
        rest = data[seen.offset :]
        for piece in cuts(rest[: chance.randint(0, len(rest))], chance):
            writer.take(seen, piece)
            if chance.random() < 0.3:
                writer.flush()
    seen = PhaseRun.objects.get(pk=run.pk)
    writer = LogWriter(copy(held), Lease(held), SECRETS)
    writer.take(seen, data[seen.offset :])
    writer.finish(seen)

    assert kept(held) == masked(data)
    assert seen.offset == len(data)


def test_offsets_rise_and_lines_are_numbered_through(writer: LogWriter, held: Deployment) -> None:
    runs, chance = [make_run(held, f"web-{n}") for n in (1, 2)], random.Random(1)
    for number in range(200):
        writer.take(chance.choice(runs), b"line %d\nand part " % number)
        writer.say(chance.choice(runs), "a word of our own")
        writer.flush()
    for run in runs:
        writer.finish(run)

    chunks = list(LogChunk.objects.filter(deployment=held).order_by("seq"))
    assert [chunk.seq for chunk in chunks] == list(range(1, len(chunks) + 1))
    for run in runs:
        offsets = [chunk.offset for chunk in chunks if chunk.host == run.host]
        assert offsets == sorted(offsets)
    numbers = [line.number for chunk in chunks for line in lines_of(chunk)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert copy(held).log_lines == len(numbers)


def test_much_output_is_written_in_chunks_of_a_size(
    writer: LogWriter, run: PhaseRun, held: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST", 100)
    lines = [b"line %d\n" % number for number in range(50)]
    for line in lines:
        writer.take(run, line)

    writer.flush()

    chunks = list(LogChunk.objects.filter(deployment=held).order_by("seq"))
    assert [len(chunk.text) for chunk in chunks] == [102, 104, 104, 80]
    assert [chunk.offset for chunk in chunks] == [0, 102, 206, 310]
    assert copy(held).log_lines == len(lines)


def test_a_secret_across_two_flushes_is_masked(
    writer: LogWriter, run: PhaseRun, held: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "PATIENCE", 0.0)

    for piece in (b"it is hunter2", b"hunter2, you see\n"):
        writer.take(run, piece)
        writer.flush()

    assert kept(held) == "it is [masked], you see\n"


def test_a_secret_of_two_lines_across_two_flushes_is_masked(
    writer: LogWriter, run: PhaseRun, held: Deployment
) -> None:
    for piece in (b"two lines\n", b"of a secret\n"):
        writer.take(run, piece)
        writer.flush()

    assert kept(held) == "[masked]\n"


def test_a_line_without_an_end_is_shown_after_a_while(
    writer: LogWriter, run: PhaseRun, held: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.take(run, b"Continue? [y/n] ")
    writer.flush()
    assert kept(held) == ""

    monkeypatch.setattr(logs, "PATIENCE", 0.0)
    writer.flush()

    assert kept(held) == "Continue? [y/n] "


def test_a_character_is_not_cut_though_its_line_has_waited(
    writer: LogWriter, run: PhaseRun, held: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "PATIENCE", 0.0)

    for byte in "█".encode():
        writer.take(run, bytes([byte]))
        writer.flush()

    assert kept(held) == "█"


def test_bytes_that_are_no_text_are_shown_as_such(
    writer: LogWriter, run: PhaseRun, held: Deployment
) -> None:
    writer.take(run, b"\xff\xfe\x00ok\n")
    writer.finish(run)

    assert kept(held) == "\ufffd\ufffd\ufffdok\n"


def test_what_shipmate_says_is_masked_too(
    writer: LogWriter, run: PhaseRun, held: Deployment
) -> None:
    writer.say(run, "[shipmate] the host said hunter2hunter2")
    writer.flush()

    assert kept(held) == "[shipmate] the host said [masked]\n"


def test_writes_wait_for_each_other(writer: LogWriter, run: PhaseRun, held: Deployment) -> None:
    for number in range(100):
        writer.take(run, b"line %d\n" % number)
        writer.flush_when_due()

    assert LogChunk.objects.count() <= 2


def test_much_output_is_written_at_once(writer: LogWriter, run: PhaseRun, held: Deployment) -> None:
    writer.take(run, b"the first of it\n")
    writer.flush_when_due()
    writer.take(run, b"x" * logs.WAITING + b"\n")
    writer.flush_when_due()

    assert len(kept(held)) > logs.WAITING


def test_a_write_costs_the_same_for_one_line_and_for_many(
    writer: LogWriter, run: PhaseRun, django_assert_num_queries: object
) -> None:
    writer.take(run, b"line\n" * 1_000)

    with django_assert_num_queries(5):  # type: ignore[operator]
        writer.flush()


def test_who_lost_the_lease_writes_no_log(
    writer: LogWriter, run: PhaseRun, held: Deployment
) -> None:
    writer.take(run, b"too late\n")
    fall_silent(held)
    assert claim(copy(held), "another")

    with pytest.raises(LeaseLost):
        writer.flush()

    assert kept(held) == ""
    assert PhaseRun.objects.get(pk=run.pk).offset == 0
