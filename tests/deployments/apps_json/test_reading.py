"""JSON with its places; what is none is refused with the line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.apps_json.reading import LONGEST, read
from deployments.exceptions import Invalid

FILE = b"""{
  "web": {
    "repository": "acme/web",
    "environments": [
      "qa",
      {"name": "production"}
    ]
  },
  "api": {}
}"""


def test_each_part_knows_its_line() -> None:
    (_, web), (_, api) = read(FILE).members
    inside = dict(web.members)

    assert (web.line, api.line) == (2, 9)
    assert (inside["repository"].value, inside["repository"].line) == ("acme/web", 3)
    assert [part.line for part in inside["environments"].items] == [5, 6]


def test_a_name_that_stands_twice_is_known() -> None:
    assert read(b'{"a": 1,\n"b": 2,\n"a": 3}').twice == {"a": [1, 3]}


def test_a_mark_of_the_byte_order_is_no_part_of_it() -> None:
    assert read(b'\xef\xbb\xbf{"a": 1}').value == {"a": 1}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "There is nothing in it"),
        (b'{"a": 1,\n  "b" 2}', "line 2, column 7: Expecting ':' delimiter"),
        (b'{\n  // the shop\n  "a": 1}', "line 2, column 3: .* JSON has no comments"),
        (b'{\n  # the shop\n  "a": 1}', "JSON has no comments"),
        (b'{"a": 1,}', "Nothing follows the comma"),
        (b'["a",]', "Nothing follows the comma"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "This is no JSON"),
        (b"\xff{}", "no UTF-8 text: byte 0"),
        (b'{\n"a": "x\\u0000"}', "Line 2: a text has characters"),
        (b'{"a": "\\ud800"}', "characters in it that cannot be shown"),
        (b"[" * 30 + b"]" * 30, "nested deeper than 20"),
        (b"[" * 100_000, "nested deeper than 20"),
        (b" " * (LONGEST + 1), "at most 262,144 are read"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(data: bytes, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        read(data)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(min_codepoint=32, max_codepoint=126)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.sampled_from('ab{}[]:,"\\/ ')), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(values, st.sampled_from([None, 1, "\t"]))
def test_it_reads_what_json_says(value: object, indent: int | str | None) -> None:
    assert read(json.dumps(value, indent=indent).encode()).value == value
