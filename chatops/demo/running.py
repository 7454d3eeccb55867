"""The demo's parts, put together: what is made, started, waited for and told."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import requests
from django.conf import settings
from django.core.management import call_command

from chatops import static, supervision
from chatops.demo import checkup, setup
from chatops.demo.client import Client
from chatops.demo.options import Options, why_taken
from chatops.demo.repository import make_repository
from chatops.demo.ssh_hosts import ensure_hosts
from chatops.demo.ssh_target import wait_until_listening
from deployments.models import Deployment, Environment, Person, Worker
from deployments.services import lifecycle, workers

Say = Callable[[str], None]
HOSTS = ["qa-1", "web-1", "web-2", "web-3"]
STOP_SECONDS = 3  # a deployment that runs goes on at the next start


def prepare(given: Options, say: Say) -> None:
    """Make database, pages, repository, hosts and the app `hello`, where they are missing."""
    _look_for_port(given.port)
    say("Preparing the database …")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    static.collect()
    Worker.objects.all().delete()  # those of an earlier run, which have ended
    (given.state / "address").write_text(settings.SHIPMATE_URL, encoding="ascii")
    setup.make_admin(given.state)
    if given.is_yours:
        checkup.look_before(setup.make_yours(given, say), given.ref, say)
        return
    say("Making a repository with a history, and four hosts to deploy to …")
    repository = make_repository(Path(settings.STATE) / "repositories" / "hello")
    setup.make_hello(repository, ensure_hosts(_target(given), HOSTS), _target(given))


def configuration(given: Options) -> list[str]:
    """Return the command of the supervisor over all processes."""
    programs = supervision.programs("127.0.0.1", given.port, clusters=1)
    if not given.is_yours:
        target = ["chatops.demo.ssh_target", "--state", str(_target(given))]
        programs.append(supervision.Program("hosts", [*supervision.TETHERED, *target]))
    path = supervision.configure(given.state, programs, to_stdout=False, patience=STOP_SECONDS)
    return supervision.command(path)


def wait_until_ready(given: Options, supervisor: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for the page, the workers and the hosts."""
    until = time.monotonic() + seconds
    while not _is_ready(given):
        if supervisor.poll() is not None or time.monotonic() > until:
            logs = given.state / "logs"
            raise RuntimeError(f"Shipmate did not start. The logs in {logs} say why.")
        time.sleep(0.1)


def greet(given: Options, say: Say) -> None:
    """Make a first deployment, so that no page is empty, and say where everything is."""
    _deploy_first()
    password = setup.make_admin(given.state)
    say(
        f"\n  Shipmate runs at http://127.0.0.1:{given.port}/\n"
        f"  Sign in as {setup.ADMIN} with the password {password}\n"
        f"  In Flow, say: deploy hello to production\n"
        f"  The hosts' files are below {_target(given) / 'hosts'}\n"
        f"  Ctrl-C stops everything.\n"
    )


def once(given: Options, say: Say) -> int:
    """Do the main job over HTTP; 0 only if every host runs exactly the commit."""
    password = setup.make_admin(given.state)
    client = Client(f"http://127.0.0.1:{given.port}", setup.ADMIN, password)
    ref = f"/{given.ref}" if given.ref else ""
    told = client.deploy(f"deploy hello{ref} to production", say)
    say(f"\nThe log of #{told.number}:\n{told.log}")
    say(f"First remote output after {told.first_output:.2f} s, end after {told.end:.2f} s.")
    deployment = Deployment.objects.select_related(
        "environment__application__repository", "environment__ssh_key", "person"
    ).get(pk=told.number)
    good = told.state == "success"
    for host, found in checkup.differences(deployment) if good else ():
        say(f"{host}: {'; '.join(found[:5]) or 'REVISION and every file are those of the commit'}")
        good = good and not found
    words = f"{deployment} {deployment.sha} is {told.state}: {deployment.note}".rstrip(": ")
    say(f"{'OK' if good else 'FAILED'}: {words}")
    return 0 if good else 1


def _deploy_first() -> None:
    """Deploy to qa, unless something was deployed there before."""
    qa = Environment.objects.get(application__name="hello", name="qa")
    if Deployment.objects.filter(environment=qa).exists():
        return
    door = lifecycle.Door(Person.objects.get(username=setup.ADMIN), "command", "first")
    lifecycle.request(qa, "", door, why="a first deployment, made by script/demo")


def _is_ready(given: Options) -> bool:
    """Return whether pages answer, both kinds of workers beat, and the hosts listen."""
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the network outside knows nothing of this machine
        try:
            answer = session.get(f"http://127.0.0.1:{given.port}/readyz", timeout=5)
        except requests.RequestException:
            return False
    if answer.status_code != 200 or not (workers.alive("deploy") and workers.alive("chat")):
        return False
    return given.is_yours or _hosts_answer(given)


def _hosts_answer(given: Options) -> bool:
    try:
        setup.follow_ports(wait_until_listening(_target(given), 0.1))
    except TimeoutError:
        return False
    return True


def _look_for_port(port: int) -> None:
    why = why_taken(port)
    if why:
        raise RuntimeError(f"Port {port} cannot be had ({why}). Choose another one: --port N")


def _target(given: Options) -> Path:
    return given.state / "target"
