"""A patch as rows with line numbers."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from deployments.forges.contract import Diff, FileDiff
from deployments.web import highlight, patches
from deployments.web.patches import rows

PATCH = """diff --git a/app.py b/app.py
--- a/app.py
+++ b/app.py
@@ -3,3 +3,4 @@ def main():
 same
-old
+new
+--- more
\\ No newline at end of file
"""


def test_rows_carry_the_numbers_of_both_sides() -> None:
    assert [(row.kind, row.old, row.new, row.text) for row in rows(PATCH)][1:] == [
        ("same", 3, 3, "same"),
        ("del", 4, None, "old"),
        ("add", None, 4, "new"),
        ("add", None, 5, "--- more"),
    ]


def test_each_hunk_has_its_head() -> None:
    assert [row.text for row in rows(PATCH) if row.kind == "hunk"] == [
        "@@ -3,3 +3,4 @@ def main():"
    ]


def test_a_patch_without_hunks_has_no_rows() -> None:
    assert list(rows("similarity index 100%\nrename from a\n")) == []


def test_code_has_colours_and_is_escaped() -> None:
    [_, (_, text)] = patches.painted("@@ -1 +1 @@\n+x = '<b>'\n", "a.py")

    assert '<span class="n">x</span>' in text and "&lt;b&gt;" in text and "<b>" not in text


def test_a_removed_line_is_painted_as_the_old_code() -> None:
    [_, (old, before), (new, after)] = patches.painted("@@ -1 +1 @@\n-return 1\n+# gone\n", "a.py")

    assert (old.kind, before[:23]) == ("del", '<span class="k">return<')
    assert (new.kind, after) == ("add", '<span class="c1"># gone</span>')


@pytest.mark.parametrize(
    ("line", "path"),
    [("<script>", "unknown.zzz"), ("<" + "x" * 600, "a.py"), ("<x\n+" * 12_000, "a.py")],
)
def test_what_is_unknown_or_large_is_plain(line: str, path: str) -> None:
    [_, (row, text), *_] = patches.painted(f"@@ -1 +1 @@\n+{line}\n", path)

    assert text == escape(row.text)


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\n"), max_size=30), min_size=1))
def test_painting_keeps_every_line(lines: list[str]) -> None:
    painted = highlight.paint(lines, "a.py")

    assert [unescape(re.sub("<[^>]*>", "", line)) for line in painted] == lines


def test_large_files_stay_folded() -> None:
    small, large = _file(1), _file(patches.SMALL + 1)
    diff = Diff((small, large), 2, 0, 0, truncated=False)

    assert [shown.is_open for shown in patches.files(diff)] == [True, False]


def _file(additions: int) -> FileDiff:
    return FileDiff("a.py", "a.py", "modified", additions, 0, False, PATCH, False)
