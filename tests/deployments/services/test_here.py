"""Deployments that a program on this machine carries out."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from django.conf import settings as given

from deployments.models import Deployment
from deployments.services import credentials, ending, lifecycle, workplaces
from tests.deployments import build
from tests.deployments.runner.observing import alive
from tests.deployments.services.here import program, until_it_says
from tests.deployments.services.world import Meanwhile, World, log_of, states, until


def test_the_program_gets_its_arguments_and_its_commit(shop: World) -> None:
    sha = program(shop, 'echo "$#: $1 $2"; git rev-parse HEAD; cat app.txt')

    ended = shop.deploy()

    assert (ended.status, ended.note) == ("success", "")
    assert f"2: live {sha}\n{sha}\none\n" in log_of(ended)
    assert shop.now(ended).environment.current == ended


def test_what_it_says_no_with_is_told(shop: World) -> None:
    program(shop, "echo no; exit 7")

    ended = shop.deploy()

    assert (ended.status, ended.reason) == ("failure", "command")
    assert ended.note == "deploy ended with 7 on shipmate."


def test_nothing_is_left_of_it(shop: World) -> None:
    program(shop, "mkdir -p a/b; touch a/b/c; chmod 0 a/b a")

    ended = shop.deploy()

    assert ended.status == "success"
    assert not workplaces.of(ended).exists()


def test_what_it_keeps_in_the_cache_is_there_the_next_time(shop: World) -> None:
    shop.settings(variables={"KEPT": "{cache}/kept"})
    program(shop, 'cat "$KEPT"; echo more >>"$KEPT"')
    shop.deploy()

    assert "more\n" in log_of(shop.deploy())


def test_two_lines_are_run_one_after_the_other_up_to_the_first_that_fails(shop: World) -> None:
    shop.settings(before=["echo 'one  argument'", "false", "echo never"])

    ended = shop.deploy()

    assert (states(ended, "get ready"), states(ended, "deploy")) == (["failure"], ["waiting"])
    assert "$ echo 'one  argument'\none  argument\n$ false\n" in log_of(ended)
    assert "never" not in log_of(ended).partition("$ false")[2]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("frobnicate --all", "frobnicate is not installed on"),
        ("script/absent", "script/absent is no program in this commit"),
        ("./app.txt", "./app.txt is no program in this commit"),
    ],
)
def test_a_program_that_is_not_there_is_told_by_name(shop: World, command: str, said: str) -> None:
    shop.settings(command=command)

    ended = shop.deploy()

    assert (ended.status, "ended with 127" in ended.note) == ("failure", True)
    assert said in log_of(ended)


def test_it_knows_nothing_of_shipmates_own_environment(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIPMATE_SECRET_KEY", "of-the-pages")
    monkeypatch.setenv("SHIPMATE_DATABASE_URL", "postgres://all")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "chatops.settings")
    program(shop, "env | sed 's/=.*//' | sort")

    names = set(log_of(shop.deploy()).split())

    assert names >= {"BRANCH", "SHA", "DEPLOY_ENV", "DEPLOY_TASK", "HOME", "SHIPMATE_SHA"}
    assert names & {"SHIPMATE_SECRET_KEY", "SHIPMATE_DATABASE_URL", "DJANGO_SETTINGS_MODULE"} == (
        set()
    )


def test_it_has_what_heaven_gave(shop: World) -> None:
    sha = program(shop, 'echo "$BRANCH $SHA $DEPLOY_ENV $DEPLOY_TASK"')

    assert f"main {sha} live deploy\n" in log_of(shop.deploy())


def test_its_home_is_its_own(shop: World) -> None:
    program(shop, 'echo "home=$HOME tmp=$TMPDIR"; ls -A "$HOME"; stat -c %a "$HOME/.." "$HOME"')

    ended = shop.deploy()

    work = workplaces.of(ended)
    assert f"home={work}/home tmp={work}/tmp\n.ssh\n700\n700\n" in log_of(ended)


def test_a_secret_reaches_it_and_the_log_shows_a_mask(shop: World) -> None:
    app = shop.environment.application
    credentials.set_secret("TOKEN", "hunter2-and-more", build.maker(), application=app)
    program(shop, 'printf %s "$TOKEN" | wc -c; echo "it is $TOKEN"')

    said = log_of(shop.deploy())

    assert "16\nit is [masked]\n" in said


def test_the_key_that_it_signs_in_with_is_masked_too(shop: World) -> None:
    credentials.make_key(shop.environment, build.maker())
    program(shop, 'cat "$HOME/.ssh/shipmate"; stat -c %a "$HOME/.ssh/shipmate"')

    said = log_of(shop.deploy())

    assert "600\n" in said
    assert "[masked]" in said
    assert not any(line in said for line in _key(shop).splitlines()[1:-1])


def _key(world: World) -> str:
    world.environment.refresh_from_db()
    return credentials.private_key(world.environment)


def test_a_second_try_takes_the_settings_of_today(shop: World) -> None:
    program(shop, "exit 1")
    failed = shop.deploy()
    shop.settings(command="echo again {sha}")

    ended = shop.end(lifecycle.retry(failed, shop.door))

    assert (ended.status, ended.sha) == ("success", failed.sha)
    assert f"again {failed.sha}" in log_of(ended)


def test_going_back_is_the_same_program_with_the_former_commit(shop: World) -> None:
    first = program(shop, 'echo "to $2 from $SHIPMATE_PREVIOUS_SHA"')
    shop.deploy()
    shop.release()
    second = shop.repository.git("rev-parse", "main").strip()

    back = shop.roll_back()

    assert (back.status, back.sha) == ("success", first)
    assert f"to {first} from {second}\n" in log_of(back)


def test_going_back_takes_the_settings_of_then(shop: World) -> None:
    program(shop, "true")
    shop.settings(command="echo as it was")
    shop.deploy()
    shop.settings(command="echo as it is")
    shop.release()

    assert "as it was\n" in log_of(shop.roll_back())


@pytest.mark.slow
def test_cancel_ends_all_that_it_started(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "GRACE", 1)
    left = f"{random.randrange(10_000, 99_999)}.5"
    program(shop, f"trap '' TERM; (setsid sleep {left} &); echo up; sleep {left}")
    under_way = Meanwhile(shop.ask())
    until_it_says(under_way.deployment, "up\n")

    lifecycle.cancel(shop.now(under_way.deployment), shop.door)
    ended = under_way.end()

    assert (ended.status, alive(left)) == ("cancelled", [])
    assert not workplaces.of(ended).exists()


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["silence_seconds", "total_seconds"])
def test_one_that_takes_too_long_is_ended(shop: World, limit: str) -> None:
    shop.settings(**{limit: 1})
    program(shop, "echo up; exec sleep 77.7")

    ended = shop.deploy()

    assert (ended.status, ended.reason, alive("77.7")) == ("failure", "timed_out", [])


def test_what_nobody_removed_is_removed_after_a_day(shop: World) -> None:
    made = shop.ask()
    Deployment.objects.filter(pk=made.pk).update(status="error")
    folder = workplaces.of(made)
    for name in (folder, folder.with_name(f"{folder.name}.1.partial")):
        (name / "code").mkdir(parents=True)
        _age(name)

    workplaces.sweep()

    assert not list(folder.parent.glob(f"{made.pk}-*"))


def test_what_a_worker_that_died_has_half_made_goes_with_the_rest(shop: World) -> None:
    """A key may lie in it."""
    program(shop, "true")
    deployment = shop.ask()
    half = workplaces.of(deployment).with_name(f"{workplaces.of(deployment).name}.0.partial")
    (half / "home" / ".ssh").mkdir(parents=True)

    shop.end(deployment)

    assert not half.exists()


def test_what_is_under_way_is_left_alone(shop: World) -> None:
    made = shop.ask()
    Deployment.objects.filter(pk=made.pk).update(status="in_progress")
    workplaces.of(made).mkdir(parents=True)
    _age(workplaces.of(made))

    workplaces.sweep()

    assert workplaces.of(made).exists()
    workplaces.remove(workplaces.of(made))


def _age(folder: Path) -> None:
    os.utime(folder, (0, 0))


def test_where_it_is_at_work_is_for_its_owner_alone(shop: World) -> None:
    root = Path(given.SHIPMATE_STATE) / "here"
    root.mkdir(exist_ok=True)
    root.chmod(0o755)
    program(shop, "true")
    shop.deploy()

    kept = [root, *root.glob("*")]
    assert [path.name for path in kept if path.stat().st_mode & 0o077] == []


def test_a_folder_that_cannot_be_made_is_told(shop: World) -> None:
    deployment = shop.ask()
    (workplaces.root() / "work").mkdir(parents=True, exist_ok=True)
    in_the_way = workplaces.of(deployment).with_name(f"{workplaces.of(deployment).name}.1.partial")
    in_the_way.write_text("")

    ended = shop.end(deployment)

    in_the_way.unlink()
    assert (ended.status, ended.reason) == ("error", "settings")
    assert "No folder for it could be made on" in ended.note


def test_a_task_may_be_called_as_anything(shop: World) -> None:
    shop.settings(before=["true"], tasks={"prepare": {"commands": ["echo ready"]}})
    asked = lifecycle.request(shop.environment, "", shop.door, task="prepare")

    ended = shop.end(asked)

    assert (ended.status, "ready\n" in log_of(ended)) == ("success", True)


def test_an_agent_is_there_where_it_is_wished_for_and_ends_with_it(shop: World) -> None:
    key = credentials.make_key(shop.environment, build.maker())
    shop.environment.refresh_from_db()
    shop.settings(agent=True, before=["ssh-add -l"])
    program(shop, 'ssh-add -l; ls -d "$SSH_AUTH_SOCK"; echo "in $TMPDIR"')

    ended = shop.deploy()

    said = log_of(ended)
    assert (ended.status, said.count(key.fingerprint)) == ("success", 2)
    assert f"in {workplaces.of(ended)}/tmp\n" in said
    sockets = [line for line in said.splitlines() if line.startswith("/tmp/ssh-")]
    until(lambda: not any(Path(line).exists() for line in sockets), 60)


def test_without_that_there_is_none(shop: World) -> None:
    credentials.make_key(shop.environment, build.maker())
    shop.environment.refresh_from_db()
    program(shop, "ssh-add -l")

    ended = shop.deploy()

    assert (ended.status, "authentication agent" in log_of(ended)) == ("failure", True)


def test_a_line_that_undoes_one_release_is_used_where_one_is_undone(shop: World) -> None:
    program(shop, "true")
    shop.settings(rollback="echo undone")
    first = shop.deploy()
    shop.release()

    assert "undone\n" in log_of(shop.roll_back(first))


def test_after_one_that_failed_it_is_not(shop: World) -> None:
    program(shop, "true")
    shop.settings(rollback="echo undone")
    first = shop.deploy()
    shop.release()
    program(shop, "exit 1")
    shop.deploy()

    back = shop.roll_back(first)

    assert (back.status, "undone" in log_of(back)) == ("success", False)
