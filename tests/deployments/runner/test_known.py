from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deployments.runner.known import Known

few_letters = st.binary(max_size=40).map(
    lambda data: bytes(b"abcdefghij'/\n"[b % 13] for b in data)
)
texts = st.sets(few_letters.filter(lambda text: len(text) >= 6), min_size=1, max_size=6)


@given(texts, few_letters, few_letters)
def test_every_place_of_every_text_is_found(
    known: set[bytes], before: bytes, behind: bytes
) -> None:
    data = before + min(known) + behind

    found = sorted(Known(known).places(data))

    assert found == sorted(
        (start, start + len(text))
        for text in known
        for start in range(len(data))
        if data.startswith(text, start)
    )


@given(texts, few_letters)
def test_no_beginning_at_the_end_is_overlooked(known: set[bytes], before: bytes) -> None:
    everything = Known(known)

    for text in known:
        for length in range(1, len(text)):
            assert everything.may_begin_at_end(before + text[:length])


def test_most_ends_are_the_beginning_of_none() -> None:
    everything = Known([b"secret-of-ours", b"another"])

    assert not everything.may_begin_at_end(b"step 1 of 2\n")
    assert not everything.may_begin_at_end(b"")


def test_spellings_that_share_a_row_of_letters_are_found_by_it() -> None:
    everything = Known([b"pass'wordword", b"pass%27wordword", b"pass\\'wordword"])

    assert list(everything.places(b"> pass%27wordword <")) == [(2, 17)]
