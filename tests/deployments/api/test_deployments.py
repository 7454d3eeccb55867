"""Deployments over the API: asked for once, listed, read, retried, returned to, cancelled."""

from __future__ import annotations

from typing import Any

import pytest

from deployments.models import Deployment, Environment, Person
from tests.deployments import build
from tests.deployments.api.conftest import MakeScript, Script
from tests.deployments.services import elsewhere
from tests.servers.repositories import Repository

WEB = {"app": "hello", "environment": "qa"}


def error(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = answer.json()["error"]
    assert set(found) == {"code", "text", "reasons", "blockers", "lines"}
    return found


# ---- To ask for one ----


def test_a_deployment_is_asked_for(ci: Script, alice: Person, qa: Environment) -> None:
    answer = ci.post("deployments/", {**WEB, "ref": "v2", "why": "the build is green"})

    made = Deployment.objects.get()
    assert answer.status_code == 201
    assert answer["Location"].endswith(f"/api/deployments/{made.pk}/")
    assert (made.person, made.via, made.environment, made.why) == (
        alice, "api", qa, "the build is green",
    )  # fmt: skip
    said = answer.json()
    assert (said["number"], said["status"], said["ref"]) == (made.pk, "queued", "v2")
    assert said["url"] == f"http://127.0.0.1:8000/deployments/{made.pk}/"


def test_it_may_wait_for_its_checks(ci: Script, qa: Environment) -> None:
    Environment.objects.filter(pk=qa.pk).update(checks="named", required_contexts=["ci"])

    said = ci.post("deployments/", {**WEB, "when_green": True}).json()

    assert (said["status"], said["waits_for"], said["when_green"]) == ("pending", "checks", True)
    assert "ci was not reported" in said["note"]
    assert said["waits_since"] is not None


def test_to_wait_for_checks_and_to_go_past_them_is_refused(ci: Script, qa: Environment) -> None:
    asked = {**WEB, "when_green": True, "force": True}

    assert "say one of them" in error(ci.post("deployments/", asked), 409)["text"]


def test_without_a_ref_it_is_the_default_branch(ci: Script, qa: Environment) -> None:
    assert ci.post("deployments/", WEB).json()["ref"] == "main"


def test_an_environment_is_known_by_its_alias(ci: Script, production: Environment) -> None:
    said = ci.post("deployments/", {"app": "hello", "environment": "prod"}).json()

    assert said["environment"] == "production"


def test_the_same_key_counts_once(ci: Script, qa: Environment) -> None:
    first, again = (ci.post("deployments/", WEB, key="build-7") for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["number"] == again.json()["number"]
    assert Deployment.objects.count() == 1


def test_a_key_that_was_sent_with_another_request_is_refused(
    ci: Script, production: Environment
) -> None:
    ci.post("deployments/", WEB, key="build-7")

    others = ({"environment": "production"}, {"ref": "v2"}, {"hosts": ["web"]}, {"why": "again"},
              {"parameters": {"REGION": "eu"}}, {"force": True}, {"task": "migrate"})  # fmt: skip
    for other in others:
        found = error(ci.post("deployments/", WEB | other, key="build-7"), 409)
        assert "sent with another request" in found["text"]
    assert Deployment.objects.count() == 1


def test_a_key_of_one_address_is_refused_at_another(
    ci: Script, qa: Environment, alice: Person
) -> None:
    failed = [build.deployment(qa, alice, "a" * 40, status="failure").pk for _ in range(2)]
    made = ci.post(f"deployments/{failed[0]}/retry/", key="again").json()["number"]

    for url in (f"deployments/{failed[1]}/retry/", "apps/hello/environments/qa/rollback/"):
        assert f"which made hello/qa #{made}" in error(ci.post(url, key="again"), 409)["text"]


RACE = """
from django.test import Client
sent = {"app": "hello", "environment": "qa", "ref": REF}
client = Client(headers={"Authorization": "Bearer TOKEN", "Idempotency-Key": "build-7"},
                SERVER_NAME="127.0.0.1")
answer = client.post("/api/deployments/", sent, content_type="application/json")
print(answer.status_code, answer.json().get("number", 0))
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_make_one(throttled: None, ci: Script, qa: Environment) -> None:
    code = RACE.replace("TOKEN", ci.text).replace("REF", "'main'")

    said = elsewhere.race(code, 3)

    made = Deployment.objects.get()
    assert {one.split()[1] for one in said} == {str(made.pk)}
    assert {one.split()[0] for one in said} <= {"201", "200"}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_processes_that_ask_for_different_things_one_is_refused(
    throttled: None, ci: Script, qa: Environment
) -> None:
    code = RACE.replace("TOKEN", ci.text)
    both = [elsewhere.process(code.replace("REF", ref)) for ref in ("'main'", "'v2'")]
    elsewhere.go(*both)

    said = sorted(one.split()[0] for one in elsewhere.answers(*both))

    assert said == ["201", "409"]
    assert Deployment.objects.count() == 1


def test_a_key_is_a_persons_own(ci: Script, script: MakeScript, dora: Person, qa: Any) -> None:
    ci.post("deployments/", WEB, key="build-7")
    script(dora).post("deployments/", WEB, key="build-7")

    assert Deployment.objects.count() == 2


def test_a_refusal_lists_every_blocker_with_who_clears_it(
    ci: Script, qa: Environment, dora: Person
) -> None:
    qa.ssh_key.delete()
    qa.placements.get().host.__class__.objects.update(host_keys="")

    found = error(ci.post("deployments/", {**WEB, "ref": "moon"}), 409)

    assert [one["code"] for one in found["blockers"]] == ["no_key", "host_key", "asked"]
    key = found["blockers"][0]
    assert key["text"] == "hello/qa has no SSH key."
    assert "dora" in key["clears"] and key["url"].startswith("http://127.0.0.1:8000/settings/")
    assert [
        one["text"] in said for one, said in zip(found["blockers"], found["reasons"], strict=True)
    ]
    assert not Deployment.objects.exists()


def test_what_is_refused_for_its_checks_may_wait_for_them(
    script: MakeScript, qa: Environment, dora: Person
) -> None:
    Environment.objects.filter(pk=qa.pk).update(checks="all")
    ask = {**WEB, "ref": "main", "why": "the demo"}

    found = error(script(dora).post("deployments/", ask), 409)

    wait, past = found["lines"]
    assert wait == "deploy hello/main to qa when green because the demo"
    assert past == found["blockers"][0]["line"] != ""


def test_who_may_not_is_told_who_can(
    script: MakeScript, bob: Person, alice: Person, qa: Any
) -> None:
    found = error(script(bob).post("deployments/", WEB), 403)

    assert found["blockers"][0]["code"] == "not_allowed"
    assert "Ask alice" in found["blockers"][0]["clears"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"app": ""}, "app: "),
        ({"enviroment": "qa"}, "enviroment: There is no such field. There is: app, environment"),
        ({"force": "yes"}, "force: "),
        ({"hosts": "web-1"}, "hosts: "),
        ({"hosts": [1]}, "hosts.0: "),
        ({"parameters": {"REGION": 1}}, "parameters.REGION: "),
        ({"ref": 7}, "ref: "),
        ({"ref": "a\0b"}, "ref: "),
        ({"ref": "\ud800"}, "ref: "),
        ({"\ud800": 1}, "\ud800: There is no such field"),
        ({"parameters": {"\ud800": 1}}, "parameters.\ud800: "),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(
    ci: Script, qa: Environment, wrong: dict[str, Any], said: str
) -> None:
    assert said in error(ci.post("deployments/", WEB | wrong), 400)["text"]


@pytest.mark.parametrize("wrong", [{"app": "moon"}, {"environment": "moon"}])
def test_a_place_that_is_not_there_is_not_found(ci: Script, qa: Any, wrong: Any) -> None:
    assert "moon" in error(ci.post("deployments/", WEB | wrong), 404)["text"]


def test_a_ref_that_has_moved_is_refused(
    ci: Script, qa: Environment, repository: Repository
) -> None:
    found = error(ci.post("deployments/", {**WEB, "expected_sha": "a" * 40}), 409)

    assert "Look at it again" in found["text"]


# ---- To list and read ----


def test_the_list_takes_the_search_of_the_history(
    ci: Script, qa: Environment, production: Environment, alice: Person
) -> None:
    failed = build.deployment(qa, alice, "a" * 40, status="failure")
    build.deployment(production, alice, "b" * 40)

    found = ci.get("deployments/", q="env:qa state:failed").json()

    assert [one["number"] for one in found["results"]] == [failed.pk]
    assert found["next"] is None


def test_a_search_that_is_not_understood_says_why(ci: Script, qa: Environment) -> None:
    found = error(ci.get("deployments/", q="colour:red state:odd"), 409)

    assert len(found["reasons"]) == 2


def test_each_page_says_where_the_next_one_is(ci: Script, qa: Environment, alice: Person) -> None:
    made = [build.deployment(qa, alice, "a" * 40).pk for _ in range(5)]
    url, seen = "deployments/?limit=2&q=env:qa", list[int]()

    while url:
        page = ci.get(url).json()
        seen += [one["number"] for one in page["results"]]
        url = (page["next"] or "").partition("/api/")[2]

    assert seen == made[::-1]


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": ""}, {"limit": "many"}, {"before": 2**70}, {"page": 2}]
)
def test_a_parameter_that_makes_no_sense_is_refused(ci: Script, query: Any) -> None:
    assert next(iter(query)) in error(ci.get("deployments/", **query), 400)["text"]


def test_a_list_is_a_constant_number_of_queries(
    ci: Script, qa: Environment, alice: Person, django_assert_num_queries: Any
) -> None:
    build.deployment(qa, alice, "a" * 40)
    ci.get("deployments/")
    with django_assert_num_queries(6):
        ci.get("deployments/")
    for number in range(9):
        build.deployment(qa, build.person(f"sailor-{number}"), "a" * 40, status="failure")

    with django_assert_num_queries(6):
        assert len(ci.get("deployments/").json()["results"]) == 10


def test_one_is_read_by_its_number(ci: Script, qa: Environment, alice: Person) -> None:
    made = build.deployment(
        qa, alice, "a" * 40, status="failure", reason="health", note="It is ill."
    )

    said = ci.get(f"deployments/{made.pk}/").json()

    assert (said["status"], said["reason"], said["note"]) == ("failure", "health", "It is ill.")
    assert said["is_finished"] and said["seconds"] == pytest.approx(60, abs=1)


@pytest.mark.parametrize("number", [812, 2**70])
def test_one_that_is_not_there_is_not_found(ci: Script, number: int) -> None:
    assert f"#{number}" in error(ci.get(f"deployments/{number}/"), 404)["text"]


def test_a_log_is_read_on_from_an_offset(ci: Script, qa: Environment, alice: Person) -> None:
    made = build.deployment(qa, alice, "a" * 40, status="in_progress")
    build.log(made, "one\ntwo\n")
    first = ci.get(f"deployments/{made.pk}/log/").json()
    build.log(made, "three\n", host="web-2")
    Deployment.objects.filter(pk=made.pk).update(status="success")

    rest = ci.get(f"deployments/{made.pk}/log/", after=first["after"]).json()

    assert [line["text"] for line in first["lines"]] == ["one", "two"]
    assert not first["ended"] and rest["ended"] and not rest["more"]
    assert [(line["number"], line["host"], line["text"]) for line in rest["lines"]] == [
        (3, "web-2", "three")
    ]


# ---- Again, back, stop ----


def test_one_that_failed_is_retried_once_for_each_key(
    ci: Script, qa: Environment, alice: Person, repository: Repository
) -> None:
    failed = build.deployment(
        qa, alice, repository.git("rev-parse", "main").strip(), status="failure"
    )

    first, again = (ci.post(f"deployments/{failed.pk}/retry/", key="again") for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["kind"], first.json()["parent"]) == ("retry", failed.pk)
    assert again.json()["number"] == first.json()["number"]


def test_one_that_succeeded_is_not_retried(ci: Script, qa: Environment, alice: Person) -> None:
    made = build.live(qa, alice, "a" * 40)

    found = error(ci.post(f"deployments/{made.pk}/retry/"), 409)

    assert "only what failed" in found["text"]


def test_an_environment_returns_to_what_ran_before(
    ci: Script, qa: Environment, alice: Person
) -> None:
    before, _ = (build.live(qa, alice, letter * 40) for letter in "ab")

    said = ci.post("apps/hello/environments/qa/rollback/").json()

    assert (said["kind"], said["parent"]) == ("rollback", before.pk)


@pytest.mark.parametrize(
    "url", ["apps/hello/environments/qa/rollback/", "deployments/{}/rollback/"]
)
def test_or_to_the_one_that_is_named(ci: Script, qa: Environment, alice: Person, url: str) -> None:
    oldest, *_ = (build.live(qa, alice, letter * 40) for letter in "abc")

    answer = ci.post(
        url.format(oldest.pk), {"to": oldest.pk} if "apps" in url else None, key="back"
    )
    again = ci.post(url.format(oldest.pk), {"to": oldest.pk} if "apps" in url else None, key="back")

    assert (answer.status_code, again.status_code) == (201, 200)
    assert answer.json()["parent"] == oldest.pk


def test_one_that_waits_is_cancelled_and_stays_so(ci: Script, qa: Environment) -> None:
    number = ci.post("deployments/", WEB).json()["number"]

    for _ in range(2):
        assert ci.post(f"deployments/{number}/cancel/").json()["status"] == "cancelled"


def test_one_that_runs_is_being_stopped(ci: Script, qa: Environment, alice: Person) -> None:
    made = build.deployment(qa, alice, "a" * 40, status="in_progress")

    said = ci.post(f"deployments/{made.pk}/cancel/").json()

    assert (said["status"], said["is_stopping"]) == ("in_progress", True)


def test_one_that_has_ended_is_not_cancelled(ci: Script, qa: Environment, alice: Person) -> None:
    made = build.deployment(qa, alice, "a" * 40)

    assert "nothing to cancel" in error(ci.post(f"deployments/{made.pk}/cancel/"), 409)["text"]
