from __future__ import annotations

from dataclasses import replace

import pytest

from bots import sayings
from bots.language import NearMiss, NotACommand, NotYet, TooLong, help_lines, parse
from bots.messages import Message
from bots.rendering import plain
from bots.sayings import CommitLine, Reason, Standing
from bots.sentences import ENDS, DeploymentView

VIEW = DeploymentView(
    number=812,
    app="web",
    environment="production",
    state="success",
    who="ana",
    ref="main",
    sha="d4e5f6a7b8",
    repository="acme/web",
    previous=811,
    previous_sha="a1b2c3d4e5",
    url="https://x.test/deployments/812/",
    log_url="https://x.test/deployments/812/#log",
    diff_url="https://x.test/compare/web/a...b/",
)


def text(message: Message) -> str:
    return plain.render(message)


# ---- One deployment ----


def test_the_head_has_the_six_fields() -> None:
    fields = {field.label: plain.inline(field.parts) for field in sayings.head(VIEW).fields}

    assert fields == {
        "Application": "web",
        "Repository": "acme/web",
        "Deployment": "#812 (https://x.test/deployments/812/), "
        "log (https://x.test/deployments/812/#log)",
        "Deployed ref": "main @ d4e5f6a",
        "Environment": "production",
        "Previous deployment": "#811 a1b2c3d, Show diff (https://x.test/compare/web/a...b/)",
    }


def test_the_head_says_why() -> None:
    assert "production, because it broke" in text(sayings.head(replace(VIEW, why="it broke")))


def test_a_first_deployment_has_none_before_it() -> None:
    assert "No previous deployment" in text(sayings.head(replace(VIEW, previous=None)))


def test_a_commit_that_is_not_known_yet_is_said_so() -> None:
    head = text(sayings.head(replace(VIEW, sha="", state="waiting")))

    assert "Deployed ref: main, commit not known yet" in head


@pytest.mark.parametrize("state", ["success", *ENDS])
def test_a_message_about_a_deployment_begins_with_its_sign(state: str) -> None:
    view = replace(VIEW, state=state)

    for message in (sayings.head(view), sayings.activity(view), sayings.acknowledgement(view)):
        assert text(message).startswith(f"{message.sign} ")
        assert message.sign


def test_the_first_activity_says_that_it_started() -> None:
    activity = sayings.activity(replace(VIEW, state="running"))

    assert text(activity).startswith("↻ Started deploying web to production\n")


def test_an_acknowledgement_says_where_to_watch() -> None:
    answer = sayings.acknowledgement(replace(VIEW, state="queued"))

    assert "is queued: #812 (https://x.test/deployments/812/)" in text(answer)


@pytest.mark.parametrize(
    ("state", "steps"),
    [
        ("running", ["cancel #812", "log #812"]),
        ("waiting", ["cancel #812", "log #812"]),
        ("success", ["rollback web in production", "log #812"]),
        ("failed", ["retry #812", "log #812"]),
        ("error", ["retry #812", "log #812"]),
        ("cancelled", ["retry #812", "log #812"]),
    ],
)
def test_the_next_steps_fit_the_state(state: str, steps: list[str]) -> None:
    found = [button.line for button in sayings.next_steps(replace(VIEW, state=state))]

    assert found == steps
    assert not [line for line in found if isinstance(parse(line, addressed=True), NotACommand)]


def test_only_what_stops_or_goes_back_is_dangerous() -> None:
    states = ["running", "success", "failed"]

    dangerous = [sayings.next_steps(replace(VIEW, state=state))[0].danger for state in states]

    assert dangerous == [True, True, False]


def test_a_log_shows_its_end() -> None:
    message = sayings.log(VIEW, "line 1\nline 2\n", "web-1")

    assert message.block == "line 1\nline 2\n"
    assert "the end of its log on web-1" in text(message)


def test_an_empty_log_says_so() -> None:
    assert "nothing has been written yet" in text(sayings.log(VIEW, ""))


# ---- Refusals and questions ----


def test_a_refusal_lists_every_reason_and_who_clears_it() -> None:
    reasons = [Reason("ben runs #3.", "Ends by itself.", "", "cancel #3"), Reason("Locked.")]

    message = sayings.refusal("web was not deployed", reasons)

    assert text(message) == (
        "⛔ web was not deployed.\n- ben runs #3. Ends by itself.\n- Locked.\nNext: cancel #3"
    )
    assert message.quiet


def test_a_line_that_helps_twice_is_offered_once() -> None:
    message = sayings.refusal("No", [Reason("a", line="cancel #3"), Reason("b", line="cancel #3")])

    assert len(message.buttons) == 1


def test_a_near_miss_says_what_was_understood_and_offers_lines() -> None:
    answer = parse("deploy web into qa", addressed=True)
    assert isinstance(answer, NearMiss)

    assert text(sayings.near_miss(answer)) == (
        "? I understood `deploy web`, but not “into”: nothing like it is expected there. "
        "Nothing was done. Did you mean:\n- `deploy web to qa`"
    )


def test_a_near_miss_at_the_first_word_understood_nothing() -> None:
    answer = parse("zebra", addressed=True)
    assert isinstance(answer, NearMiss)

    assert text(sayings.near_miss(answer)).startswith("? I do not understand “zebra”: ")


def test_a_line_that_is_too_long_is_answered_with_a_shorter_one() -> None:
    answer = parse("deploy web to qa because " + "x" * 2000, addressed=True)
    assert isinstance(answer, TooLong)

    assert text(sayings.too_long(answer)) == (
        "? This is too long for me: 2,025 letters, and no line has over 1,000. "
        "Nothing was done. Say it shorter:\n- `deploy web to qa`"
    )


def test_a_line_of_later_is_answered() -> None:
    assert "cannot do this yet: deploy!." in text(sayings.not_yet(NotYet("deploy!")))


def test_a_refusal_offers_the_lines_that_were_meant() -> None:
    message = sayings.sorry("web has no environment “qaa”.", suggestions=["deploy web to qa"])

    assert text(message) == "⛔ web has no environment “qaa”.\n- `deploy web to qa`"


def test_a_question_is_answered_by_yes_or_no() -> None:
    message = sayings.question("Deploy web to production?")

    assert [(b.line, b.danger) for b in message.buttons] == [("yes", True), ("no", False)]
    assert text(message).startswith("? ")


# ---- Answers ----


def test_help_lists_the_lines() -> None:
    message = sayings.help_answer(help_lines())

    assert len(message.items) == len(help_lines())


def test_help_about_nothing_known_offers_what_is_near() -> None:
    assert "`help deploy`" in text(sayings.help_answer([], "deplo", ["deploy"]))
    assert "`help`" in text(sayings.help_answer([], "zebra"))


def test_why_lists_every_reason() -> None:
    message = sayings.blocked("web", "qa", [Reason("Locked.", "ben"), Reason("No host.")])

    assert text(message) == ("◷ A deployment to web/qa is blocked:\n- Locked. ben\n- No host.")


def test_why_with_no_reason_gives_the_line_that_deploys() -> None:
    assert text(sayings.blocked("web", "qa", [])) == (
        "✔ Nothing blocks a deployment to web/qa: `deploy web to qa`"
    )


def test_status_is_a_table() -> None:
    rows = [
        Standing(app="web", environment="qa", state="success", sha="d4e5f6a7", ref="main",
                 who="ana", since="2 h ago", since_at="2025-01-01T00:00:00Z", behind=3),
        Standing(app="web", environment="production", behind=0, sha="a1b2c3d4"),
        Standing(app="api", environment="qa"),
    ]  # fmt: skip

    assert text(sayings.standings(rows)).splitlines() == [
        "What runs where:",
        "Where           Runs          Since    By   Behind",
        "web/qa          d4e5f6a main  2 h ago  ana  3 behind",
        "web/production  a1b2c3d                     level",
        "api/qa          nothing yet",
    ]


def test_status_of_nothing_says_so() -> None:
    assert text(sayings.standings([])) == "There is no environment yet."


def test_deploys_is_a_table() -> None:
    rows = text(sayings.deployments("Recent deployments of web", [VIEW])).splitlines()

    assert rows[0] == "Recent deployments of web:"
    assert rows[2].split("  ")[0] == "#812"
    assert "main @ d4e5f6a" in rows[2]


def test_no_deploys_says_so() -> None:
    assert text(sayings.deployments("Recent deployments of web", [])).endswith(": none yet.")


def test_a_diff_lists_commits_and_links_to_the_whole() -> None:
    commits = [CommitLine("d4e5f6a7", "Fix login", "Ana"), CommitLine("a1b2c3d4", "Try", "")]

    message = sayings.difference("Not out yet:", commits=commits, more=2, url="https://x.test/d")

    assert text(message).splitlines() == [
        "Not out yet: Show diff (https://x.test/d)",
        "- d4e5f6a Fix login (Ana)",
        "- a1b2c3d Try",
        "- and 2 more",
    ]


def test_a_note_is_one_sentence() -> None:
    assert text(sayings.note("Left alone.", state="cancelled")) == "■ Left alone."
