"""What can befall a host, its disk, what it remembers of a run, and the line to it."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from benchmarks.faulty.hosts import followers_on, processes_of
from benchmarks.faulty.shipmate import kill
from benchmarks.faulty.trials import Trial
from benchmarks.faulty.world import World
from deployments.models import Host


def kill_sessions(world: World, trial: Trial) -> None:
    trial.place.host.kill_sessions()


def kill_sshd(world: World, trial: Trial) -> None:
    trial.place.host.kill()
    time.sleep(3)
    trial.place.host.start()


def fill_disk(world: World, trial: Trial) -> None:
    trial.place.disk.fill()


def free_disk(world: World, trial: Trial) -> None:
    trial.place.disk.free()


def cut_log(world: World, trial: Trial) -> None:
    for log in trial.place.host.home.glob(f".shipmate/runs/{trial.number}-*/log"):
        log.write_bytes(b"")
    kill_sessions(world, trial)


def remove_runs(world: World, trial: Trial) -> None:
    shutil.rmtree(trial.place.host.home / ".shipmate" / "runs", ignore_errors=True)


def reboot(world: World, trial: Trial) -> None:
    """End all that runs there at once; claims are from before the boot that follows."""
    host = trial.place.host
    for process in processes_of(host):
        kill(process)
    host.stop()
    for claim in host.home.glob(".shipmate/runs/*/claim"):
        words = claim.read_text().split()
        if len(words) == 4 and words[0] != "0":
            claim.write_text(f"{words[0]} {words[1]} {'0' * 8}-before-the-reboot .\n")
    time.sleep(3)
    host.start()


def freeze_host(world: World, trial: Trial) -> None:
    """Nothing on the host moves for longer than a silence is borne."""
    frozen = [p for p in processes_of(trial.place.host) if _name(p) != "ssh-agent"]
    for process in frozen:
        kill(process, signal.SIGSTOP)
    time.sleep(40)
    for process in frozen:
        kill(process, signal.SIGCONT)


def _name(process: psutil.Process) -> str:
    """Return its name, or nothing where it has ended since it was found."""
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return ""


def lose_names(world: World, trial: Trial) -> None:
    """The name server is away for 15 seconds, and connections break meanwhile."""
    world.shipmate.names.unlink(missing_ok=True)
    for place in world.places:
        place.host.kill_sessions()
    time.sleep(15)
    world.shipmate.names.touch()


def change_key(world: World, trial: Trial) -> None:
    host = trial.place.host
    host.kill()
    host.new_host_key()
    host.start()


def accept_key(world: World, trial: Trial) -> None:
    rows = Host.objects.filter(placements__environment=trial.place.environment)
    rows.update(host_keys=trial.place.host.host_key)


def swallow(world: World, trial: Trial) -> None:
    trial.place.line.swallow()


def mute(world: World, trial: Trial) -> None:
    trial.place.line.mute()


def stop_sessions(world: World, trial: Trial) -> None:
    """What serves the logins stands still for a minute; the commands go on."""
    _stop_for(60, trial.place.host.sessions())


def stop_supervisor(world: World, trial: Trial) -> None:
    """The command ends meanwhile, and who waits for it tells that later."""
    _stop_for(20, list(_supervisors(trial)))


def kill_followers(world: World, trial: Trial) -> None:
    """Kill, ten times, one of the shells that read the log there or take the code."""
    for _ in range(10):
        for process in followers_on(trial.place.host)[:1]:
            kill(process)
        time.sleep(0.5)


def _stop_for(seconds: float, processes: list[psutil.Process]) -> None:
    for process in processes:
        kill(process, signal.SIGSTOP)
    time.sleep(seconds)
    for process in processes:
        kill(process, signal.SIGCONT)


def slow_down(world: World, trial: Trial) -> None:
    trial.place.line.delay = 0.25
    trial.place.host.kill_sessions()


def speed_up(world: World, trial: Trial) -> None:
    trial.place.line.delay = 0.0


def one_session(world: World, trial: Trial) -> None:
    host = trial.place.host
    config = host.folder / "sshd_config"
    host.kill()
    if "MaxSessions" not in config.read_text():
        config.write_text(config.read_text() + "MaxSessions 1\n")
    host.start()


def kill_script(world: World, trial: Trial) -> None:
    """As when the host has no memory left for it."""
    for group in trial.place.host.home.glob(f".shipmate/runs/{trial.number}-*/group"):
        number, birth, *_ = [*group.read_text().split(), "", ""]
        if number and _is_alive(int(number), birth):
            os.killpg(int(number), signal.SIGKILL)


def kill_supervisor(world: World, trial: Trial) -> None:
    """What it has started runs on, and nobody is left to tell how that ends."""
    for supervisor in _supervisors(trial):
        kill(supervisor)


def kill_relay(world: World, trial: Trial) -> None:
    """What it holds at that moment is lost with it, and what is printed later is not."""
    for group in trial.place.host.home.glob(f".shipmate/runs/{trial.number}-*/group"):
        _, number, *_ = [*group.read_text().splitlines(), "", ""]
        log = group.with_name("log")
        with suppress(OSError, ValueError, psutil.Error):
            relay = psutil.Process(int(number.partition(" ")[0]))
            if log.samefile(f"/proc/{relay.pid}/fd/3"):
                kill(relay)


def _supervisors(trial: Trial) -> Iterator[psutil.Process]:
    for claim in trial.place.host.home.glob(f".shipmate/runs/{trial.number}-*/claim"):
        number, birth, *_ = [*claim.read_text().split(), "", ""]
        if number and _is_alive(int(number), birth):
            yield psutil.Process(int(number))


def _is_alive(number: int, birth: str) -> bool:
    try:
        text = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(") ")[2].split()[19] == birth
