from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots import messages
from bots.messages import (
    SIGNS,
    Button,
    Code,
    Field,
    Line,
    Link,
    Mention,
    Message,
    Strong,
    Table,
    Text,
    Time,
    from_json,
    phrase,
    to_json,
)

WORDS = st.text(max_size=8)
PART = st.one_of(
    *(st.builds(kind, WORDS) for kind in (Text, Strong, Code, Line)),
    *(st.builds(kind, WORDS, WORDS) for kind in (Link, Mention, Time)),
)
PARTS = st.lists(PART, max_size=3).map(tuple)
TABLE = st.builds(Table, st.tuples(WORDS), st.lists(st.tuples(PARTS), max_size=2).map(tuple))
MESSAGE = st.builds(
    Message,
    state=st.sampled_from(["", *SIGNS]),
    parts=PARTS,
    fields=st.lists(st.builds(Field, WORDS, PARTS), max_size=2).map(tuple),
    items=st.lists(PARTS, max_size=2).map(tuple),
    table=st.none() | TABLE,
    block=WORDS,
    buttons=st.lists(st.builds(Button, WORDS, WORDS, st.booleans()), max_size=2).map(tuple),
    url=WORDS,
    quiet=st.booleans(),
)


@given(MESSAGE)
def test_a_message_survives_json(message: Message) -> None:
    assert from_json(json.loads(json.dumps(to_json(message)))) == message


def test_every_part_has_a_name_in_json() -> None:
    assert {kind.__name__.lower() for kind in messages.KINDS.values()} == set(messages.KINDS)


def test_each_sign_is_one_character() -> None:
    assert {len(sign) for sign in SIGNS.values()} == {1}


@pytest.mark.parametrize("state", ["success", "failed", "running", "queued", "cancelled"])
def test_common_states_have_signs_of_their_own(state: str) -> None:
    assert list(SIGNS.values()).count(SIGNS[state]) == 1


def test_a_phrase_leaves_out_what_is_empty() -> None:
    assert phrase("a", "", Code(""), Strong("b")) == (Text("a"), Strong("b"))


def test_a_link_without_an_address_is_text() -> None:
    assert messages.link("web", "") == Text("web")
