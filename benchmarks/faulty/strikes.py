"""What can befall Shipmate's own processes, its database, its disk and its clock."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psutil
import requests
from django.db import connection

from benchmarks.faulty.hosts import FEW, fill, limit
from benchmarks.faulty.shipmate import kill
from benchmarks.faulty.trials import Trial, patiently
from benchmarks.faulty.world import World
from deployments.exceptions import Invalid
from deployments.models import Deployment, LogChunk
from deployments.services import lifecycle, queue, tokens

Strike = Callable[[World, Trial], None]


def _worker(world: World, trial: Trial) -> psutil.Process | None:
    row = trial.now()
    return world.shipmate.worker(row.worker) if row.status == "in_progress" else None


def kill_worker(world: World, trial: Trial) -> None:
    worker = _worker(world, trial)
    if worker is not None:
        kill(worker)


def stop_worker(world: World, trial: Trial) -> None:
    """Stop it for longer than its lease, with nobody to stop it being ended by another."""
    worker = _worker(world, trial)
    if worker is not None:
        kill(worker, signal.SIGSTOP)
        time.sleep(25)
        kill(worker, signal.SIGCONT)


def kill_all(pause: float) -> Strike:
    def strike(world: World, trial: Trial) -> None:
        world.shipmate.crash()
        time.sleep(pause)
        _start_again(world)

    return strike


def _start_again(world: World) -> None:
    """Start everything, and measure until pages answer, and until a log moves."""
    before = LogChunk.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    begun = time.monotonic()
    world.note("pages answered after", world.shipmate.start())
    while not patiently(lambda: _moves(before)):
        time.sleep(0.05)
    world.note("a log moved after", time.monotonic() - begun)


def _moves(before: int) -> bool:
    is_new = LogChunk.objects.filter(pk__gt=before).exists()
    return is_new or not Deployment.objects.filter(status="in_progress").exists()


def end_clusters(world: World, trial: Trial) -> None:
    for main in world.shipmate.kind("qcluster"):
        kill(main, signal.SIGTERM)


def kill_supervisor(world: World, trial: Trial) -> None:
    """The kernel then ends all the others."""
    kill(world.shipmate.all()[0])
    world.shipmate.crash()
    _start_again(world)


def kill_idle(world: World, trial: Trial) -> None:
    """One of the idle workers waits with the lock of its cluster's queue in its hand."""
    _strike_idle(world, trial, signal.SIGKILL)


def stop_idle(world: World, trial: Trial) -> None:
    _strike_idle(world, trial, signal.SIGSTOP)


def _strike_idle(world: World, trial: Trial, number: int) -> None:
    """Before the first is asked for all are idle; before the next ones some are."""
    busy = Deployment.objects.filter(status="in_progress").values_list("worker", flat=True)
    numbers = {int(name.rpartition(":")[2]) for name in busy}
    for worker in world.shipmate.deploy_workers() if trial.place is world.places[0] else ():
        if worker.pid not in numbers:
            kill(worker, number)


def kill_sweeper(world: World, trial: Trial) -> None:
    for sweeper in world.shipmate.kind("sweeper"):
        kill(sweeper)
    kill_worker(world, trial)


def lock_database(world: World, trial: Trial) -> None:
    with world.locked_database():
        time.sleep(20)


def restart_server(world: World, trial: Trial) -> None:
    connection.close()
    world.server.restart()


def fill_state(world: World, trial: Trial) -> None:
    """Leave no room for the database and all else that Shipmate keeps, for 20 seconds."""
    shipmate = world.shipmate
    if shipmate.state_is_small:
        fill(shipmate.state)
    else:
        limit(shipmate.all(), FEW)
    time.sleep(20)
    (shipmate.state / "filler").unlink(missing_ok=True)
    limit(shipmate.all(), -1)


def step_forward(world: World, trial: Trial) -> None:
    world.shipmate.clock.write_text("+3600\n")


def step_back(world: World, trial: Trial) -> None:
    """Leases that were written before seem to hold for an hour; their workers are killed."""
    world.shipmate.clock.write_text("-3600\n")
    for worker in world.shipmate.deploy_workers():
        kill(worker)


def right_clock(world: World, trial: Trial) -> None:
    world.shipmate.clock.write_text("+0\n")


def cancel(world: World, trial: Trial) -> None:
    with suppress(Invalid):  # it has ended
        lifecycle.cancel(trial.now(), world.door)


def ring_twice(world: World, trial: Trial) -> None:
    for _ in range(4):
        queue.ring(trial.now())


def exhaust_memory(world: World, trial: Trial) -> None:
    """Let its worker have no more memory than it has now, for ten seconds."""
    worker = _worker(world, trial)
    if worker is not None:
        worker.rlimit(psutil.RLIMIT_AS, (worker.memory_info().vms, -1))
        time.sleep(10)
        if worker.is_running():
            worker.rlimit(psutil.RLIMIT_AS, (-1, -1))


def post_and_kill_web(world: World, trial: Trial) -> Deployment:
    """Ask by the API, kill web meanwhile, and ask again with the same key until it answers."""
    _, token = tokens.make(world.door.person, f"post {time.monotonic_ns()}", by=world.door.person)
    key = f"post-{time.monotonic_ns()}"
    timer = threading.Timer(trial.moment / 50, _kill_web, [world])
    timer.start()
    number = 0
    while not number:
        number = _post(world, trial, token, key)
    timer.join()
    made = Deployment.objects.filter(key__endswith=key).count()
    if made != 1:
        trial.problems.append(f"{made} deployments were made")
    return Deployment.objects.get(pk=number)


def _post(world: World, trial: Trial, token: str, key: str) -> int:
    place = trial.place.environment
    try:
        answer = requests.post(
            f"{world.shipmate.url}/api/deployments/",
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key},
            json={"app": place.application.name, "environment": place.name, "ref": "main"},
            timeout=20,
        )
        return int(answer.json()["number"]) if answer.ok else 0
    except requests.RequestException:
        time.sleep(0.2)
        return 0


def _kill_web(world: World) -> None:
    for web in world.shipmate.kind("uvicorn"):
        kill(web)
