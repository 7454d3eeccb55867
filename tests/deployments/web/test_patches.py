"""A patch as rows with line numbers."""

from __future__ import annotations

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
