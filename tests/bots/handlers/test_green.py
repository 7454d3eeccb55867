"""“When green”, pull requests, and what a thread tells of checks, as said in a room."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from bots.completing import suggestions
from bots.models import PostMention
from deployments.models import Application, CommitHeard, Deployment, Environment, Person, Role
from deployments.models import Repository as RepositoryRow
from deployments.selectors.repositories import Opening
from deployments.services import applications, checks, pulls
from tests.bots.talking import Talk, the_deployment
from tests.deployments import build
from tests.deployments.services.queueing import drain
from tests.servers.github.hub import TOKEN, GitHub
from tests.servers.repositories import Repository

NAME = "acme/web"


@pytest.fixture
def gated(qa: Environment) -> Environment:
    """Wants ci and lint."""
    qa.checks, qa.required_contexts = "named", ["ci", "lint"]
    qa.save()
    return qa


def report(app: Application, by: Person, state: str, context: str = "ci", sha: str = "") -> None:
    sha = sha or the_deployment().sha
    checks.report(app.repository, sha, by, context=context, state=state)
    drain("chat")


def test_when_green_says_which_commit_waits_for_which_checks(
    say: Talk, gated: Environment, repository: Repository
) -> None:
    answer = say("deploy hello to qa when green")

    sha = repository.git("rev-parse", "main")[:7]
    assert f"{sha} to qa (/apps/hello/qa/) is waiting" in answer
    assert f"{sha} waits for its checks: ci was not reported; lint was not reported" in answer
    assert the_deployment().when_green


def test_a_deployment_refused_for_its_checks_offers_it(say: Talk, gated: Environment) -> None:
    answer = say("deploy hello/main to qa")

    assert "Next: deploy hello/main to qa when green" in answer
    assert not Deployment.objects.exists()


def test_who_may_go_past_them_is_offered_both(
    say: Talk, gated: Environment, alice: Person, repository: Repository
) -> None:
    Role.objects.filter(person=alice).update(name="maintainer")

    answer = say("deploy hello to qa")

    sha = repository.git("rev-parse", "main")[:7]
    assert f"Next: deploy hello to qa when green · deploy! hello/{sha} to qa" in answer


def test_one_that_waits_goes_on_and_its_thread_says_so(
    say: Talk, gated: Environment, alice: Person
) -> None:
    say("deploy hello to qa when green")
    for name in ("ci", "lint"):
        report(gated.application, alice, "success", name)

    assert the_deployment().status == "queued"
    assert "is queued: Its checks have passed" in say.in_thread()("show")


def test_the_head_of_the_thread_follows_its_checks(
    say: Talk, gated: Environment, alice: Person
) -> None:
    say("deploy hello to qa when green")
    report(gated.application, alice, "success")

    head = next(text for text in say.texts() if "Deployed ref" in text)
    assert "waits for its checks: lint was not reported" in head
    assert "ci was" not in head


def test_what_is_green_starts_at_once_and_says_so(
    say: Talk, gated: Environment, alice: Person, repository: Repository
) -> None:
    for name in ("ci", "lint"):
        sha = repository.git("rev-parse", "main")
        report(gated.application, alice, "success", name, sha)

    assert "is queued: Its checks have passed" in say("deploy hello to qa when green")


def test_several_apps_wait_each_for_its_own(say: Talk, gated: Environment, tmp_path: Path) -> None:
    other = build.application("other", build.repository(tmp_path, "other").path)
    build.environment(other, "qa", hosts=1, position=1)

    say("deploy hello,other to qa when green")

    assert [made.when_green for made in Deployment.objects.all()] == [True, True]


def test_a_question_before_production_keeps_it(say: Talk, hello: Application) -> None:
    assert "to production?" in say("deploy hello when green")

    say("yes")

    assert (the_deployment().status, the_deployment().when_green) == ("pending", True)


def test_a_red_check_is_told_in_the_thread_once_and_names_who_asked(
    say: Talk, gated: Environment, alice: Person
) -> None:
    say("deploy hello to qa when green")
    for state in ("failure", "pending", "failure"):
        report(gated.application, alice, state)

    told = [text for text in say.in_thread().texts() if "ci failed" in text and "@alice" in text]
    assert len(told) == 1
    assert "It goes on waiting" in told[0]
    assert (
        PostMention.objects.get(person=alice).post.text == "@alice: ci failed. It goes on waiting."
    )


def test_a_check_that_never_comes_is_told_in_the_thread(
    say: Talk, gated: Environment, alice: Person
) -> None:
    say("deploy hello to qa when green")
    since = timezone.now() - timedelta(minutes=20)
    Deployment.objects.update(waits_since=since, look_at=None)
    report(gated.application, alice, "success", "ci/test")

    told = [text for text in say.in_thread().texts() if "@alice" in text]
    assert len(told) == 1
    assert "ci, lint have not been reported for over 15 min; are their names right?" in told[0]
    assert "Reported on this commit: ci/test." in told[0]


def test_why_tells_what_it_waits_for(say: Talk, gated: Environment) -> None:
    say("deploy hello to qa when green")

    assert "waits for its checks: ci was not reported" in say.in_thread()("why")


def test_status_tells_that_something_is_to_come(say: Talk, gated: Environment) -> None:
    say("deploy hello to qa when green")

    assert f"#{the_deployment().pk} waits for its checks" in say("status hello")


def test_it_is_told_when_the_forge_was_last_heard(
    say: Talk, gated: Environment, alice: Person
) -> None:
    say("deploy hello to qa when green")
    report(gated.application, alice, "success")
    CommitHeard.objects.update(heard_at=timezone.now() - timedelta(minutes=12))

    assert "Last reported 12 min ago." in say.in_thread()("why")
    assert "Last reported 12 min ago." in say("which checks failed for hello in qa")


def test_it_is_cancelled_and_retried_as_any_other(say: Talk, gated: Environment) -> None:
    say("deploy hello to qa when green")
    say.in_thread()("cancel")
    say.in_thread()("retry")

    again = the_deployment()
    assert (again.kind, again.status, again.when_green) == ("retry", "pending", True)


def test_a_plan_says_what_it_would_wait_for_and_does_so(say: Talk, gated: Environment) -> None:
    answer = say("plan hello to qa when green")
    assert "it waits: ci was not reported; lint was not reported" in answer
    assert "In the way: nothing" in answer

    say(re.search(r"deploy plan \w+", answer)[0])  # type: ignore[index]

    assert (the_deployment().status, the_deployment().waits_for) == ("pending", "checks")


# ---- Pull requests ----


@pytest.fixture
def web(hub: GitHub, root: Person, alice: Person) -> Repository:
    """An app at GitHub, with a pull request."""
    made = hub.make(NAME)
    made.commit({"a": "a"}, "Say hello")
    app = applications.add("web", f"{hub.address}/{NAME}", root, Opening("github", "", TOKEN))
    build.environment(app, "qa", hosts=1)
    head = made.commit({"a": "b"}, "Change it", branch="change")
    hub.pull(NAME, 12, head)
    return made


@pytest.mark.parametrize("line", ["web#12", "acme/web#12", "{hub}/acme/web/pull/12"])
def test_the_head_of_a_pull_request_is_deployed(
    say: Talk, web: Repository, hub: GitHub, line: str
) -> None:
    say(f"deploy {line.format(hub=hub.address)} to qa")

    made = the_deployment()
    assert (made.ref, made.sha) == ("#12", web.git("rev-parse", "change"))


@pytest.mark.parametrize("host", ["other.example", "github.com", "github.com.other.example"])
@pytest.mark.parametrize("verb", ["deploy {} to qa", "plan {} to qa", "where is {}"])
def test_a_pull_request_of_another_host_is_none_of_the_app(
    say: Talk, web: Repository, hub: GitHub, verb: str, host: str
) -> None:
    answer = say(verb.format(f"https://{host}/acme/web/pull/12"))

    assert (
        f"That pull request is one of {host}/acme/web, and no app here has its code there: "
        f"that of web is at {hub.address.partition('//')[2]}."
    ) in answer
    assert not Deployment.objects.exists()


def test_a_pull_request_of_what_nobody_has_here_is_said_so(say: Talk, web: Repository) -> None:
    answer = say("deploy https://github.com/acme/moon/pull/12 to qa")

    assert "one of github.com/acme/moon, and no app here has its code there." in answer


def test_an_app_that_is_called_as_the_owner_is_not_meant(say: Talk, hello: Application) -> None:
    Application.objects.filter(pk=hello.pk).update(name="acme")

    answer = say("deploy https://github.com/acme/web/pull/12 to qa")

    assert "one of github.com/acme/web, and no app here has its code there." in answer


def test_of_several_of_one_name_the_host_says_which(
    say: Talk, web: Repository, hub: GitHub, tmp_path: Path
) -> None:
    other = build.application("theirs", tmp_path / "theirs")
    RepositoryRow.objects.filter(pk=other.repository_id).update(
        name=NAME, location="git@git.example:acme/web.git"
    )

    assert "belongs to several apps" in say("deploy acme/web#12 to qa")
    say(f"deploy {hub.address}/acme/web/pull/12 to qa")

    assert the_deployment().environment.application.name == "web"


def test_its_thread_links_it(say: Talk, web: Repository, hub: GitHub) -> None:
    say("deploy web#12 to qa")

    head = next(text for text in say.texts() if "Deployed ref" in text)
    assert f"#12 ({hub.address}/acme/web/pull/12)" in head


def test_it_is_planned_listed_and_found(say: Talk, web: Repository) -> None:
    sha = web.git("rev-parse", "change")[:7]
    assert "the pull request #12" in say("plan web#12 to qa")
    say("deploy web#12 to qa")

    assert f"#12 @ {sha}" in say("deploys web#12")
    assert f"{sha} “Change it”" in say("where is web#12")
    assert f"{sha} “Change it”" in say("where is acme/web#12")


def test_one_that_is_not_there_is_said_so(say: Talk, web: Repository) -> None:
    assert "web has no pull request #99." in say("deploy web#99 to qa")


def test_those_near_it_are_named_and_offered(say: Talk, web: Repository) -> None:
    pulls.ask(Application.objects.get(name="web"))

    answer = say("deploy web#13 to qa")

    assert "web has no pull request #13. Near it: #12." in answer
    assert "deploy web#12 to qa" in answer


def test_git_alone_knows_none(say: Talk) -> None:
    assert "which knows no pull requests: #12 is none" in say("deploy hello#12 to qa")


@pytest.mark.parametrize("typed", ["deploy web#", "deploy web#1", "plan web#", "where is web#"])
def test_open_ones_are_offered_while_one_is_typed(
    alice: Person, web: Repository, typed: str
) -> None:
    pulls.ask(Application.objects.get(name="web"))

    (found,) = suggestions(typed, alice, None)
    assert (found.text, found.about) == ("web#12", "Change — octocat")


def test_words_of_its_title_offer_it(alice: Person, web: Repository) -> None:
    pulls.ask(Application.objects.get(name="web"))

    assert "web#12" in [one.text for one in suggestions("deploy web/chan", alice, None)]
    assert [one.text for one in suggestions("deploy web#12 to ", alice, None)] == ["qa"]


def test_one_that_was_cancelled_is_retried(say: Talk, web: Repository) -> None:
    say("deploy web#12 to qa")
    say.in_thread()("cancel")
    say.in_thread()("retry")

    assert (the_deployment().ref, the_deployment().kind) == ("#12", "retry")
