from __future__ import annotations

import pytest

from deployments import lines


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (lines.deploy("web"), "deploy web"),
        (lines.deploy("web", "fix/x", "qa"), "deploy web/fix/x to qa"),
        (lines.deploy("web", "", "qa", hosts=["a", "db"]), "deploy web to qa/a,db"),
        (lines.deploy("web", because="it\nbroke "), "deploy web because it broke"),
        (lines.deploy("web", verb="ship"), "ship web"),
        (lines.deploy("web", "#12", "qa"), "deploy web#12 to qa"),
        (lines.deploys("web", "#12"), "deploys web#12"),
        (lines.where_is("#12", app="web"), "where is web#12"),
        (
            lines.deploy("web", None, "qa", when_green=True, because="it is time"),
            "deploy web to qa when green because it is time",
        ),
        (lines.plan("web", None, "qa", when_green=True), "plan web to qa when green"),
        (lines.retry(812), "retry #812"),
        (lines.cancel(812), "cancel #812"),
        (lines.rollback("web", "qa"), "rollback web in qa"),
        (lines.rollback("web", "qa", 811), "rollback web in qa to #811"),
        (lines.status(), "status"),
        (lines.status("web", "qa"), "status web in qa"),
        (lines.deploys("web", "main"), "deploys web/main"),
        (lines.why("web", "qa"), "why web in qa"),
        (lines.diff("web", "qa"), "diff web in qa"),
        (lines.log(812, "web-1"), "log #812 web-1"),
        (lines.show(812), "show #812"),
    ],
)
def test_an_action_has_its_line(line: str, text: str) -> None:
    assert line == text


@pytest.mark.parametrize("ref", ["a b", "-x", "a\nb", "a—b", "“a”", "a<b>", "a&amp;b", "a\u200bb"])
def test_a_ref_that_cannot_be_said_has_no_line(ref: str) -> None:
    assert lines.deploy("web", ref, "qa") == ""
    assert lines.deploys("web", ref) == ""


@pytest.mark.parametrize("host", ["a b", "-a", "a,b", "a\u00a0b"])
def test_a_host_that_cannot_be_said_has_no_line(host: str) -> None:
    assert lines.deploy("web", "main", "qa", hosts=[host]) == ""


def test_hosts_without_an_environment_have_no_line() -> None:
    assert lines.deploy("web", "main", hosts=["web-1"]) == ""
    assert lines.log(None, "web-1") == ""


@pytest.mark.parametrize("reason", ["", "  ", "\u200b", "\n"])
def test_a_reason_with_nothing_to_read_is_left_out(reason: str) -> None:
    assert lines.deploy("web", because=reason) == "deploy web"
