"""All faults by name, with what is right after each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.faulty import host_strikes as host
from benchmarks.faulty import strikes
from benchmarks.faulty.strikes import Strike
from benchmarks.faulty.trials import Right, Trial
from benchmarks.faulty.world import World
from deployments.models import Deployment

RIGHT = Right()


@dataclass(frozen=True)
class Fault:
    """`together`: it strikes once, at deployments of all ages."""

    words: str
    strike: Strike
    together: bool = False
    right: Right = RIGHT
    before: Strike | None = None  # made ready before the deployment is asked for
    ask: Callable[[World, Trial], Deployment] | None = None
    after: Strike | None = None  # what a person does before the next one, where one has to
    waits: bool = False  # it keeps whoever strikes, and strikes each in a thread of its own


def nothing(world: World, trial: Trial) -> None:
    """Strike nothing."""


# Where the host itself has lost what is to be known, saying so is right.
LOST = Right(frozenset({"success", "error/lost"}), whole=False, log=False)
FULL = Right(
    frozenset({"success", "failure/command", "failure/health", "error/settings", "error/lost"})
    | {"failure/partly"},
    whole=False,
)
OTHER_KEY = Right(frozenset({"success", "error/host_key"}), whole=False)
KILLED = Right(
    frozenset({"success", "failure/command", "failure/health", "error/lost"}), whole=False
)
# What was printed in that moment may be missing; it is told then.
HOLED = Right(whole=False)
CANCELLED = Right(frozenset({"success", "cancelled"}), whole=False)

FAULTS: dict[str, Fault] = {
    "calm": Fault("nothing", nothing),
    # Shipmate's own processes.
    "worker": Fault("the worker killed", strikes.kill_worker),
    "all": Fault(
        "web, workers and sweeper killed at once, started a minute later",
        strikes.kill_all(60),
        together=True,
    ),
    "restart": Fault("the same, started at once", strikes.kill_all(0), together=True),
    "supervisor": Fault("the supervisor killed, and started", strikes.kill_supervisor, True),
    "sigterm": Fault("the clusters told to end (SIGTERM)", strikes.end_clusters, together=True),
    "sigstop": Fault(
        "the worker stopped for 25 s, past its lease", strikes.stop_worker, waits=True
    ),
    "idle": Fault("all idle workers killed", nothing, before=strikes.kill_idle),
    "idle-stopped": Fault(
        "all idle workers stopped for ever (SIGSTOP)", nothing, before=strikes.stop_idle
    ),
    "sweeper": Fault("sweeper and worker killed", strikes.kill_sweeper),
    "told-twice": Fault("four more workers told of it", strikes.ring_twice),
    "memory": Fault("no memory left for the worker, for 10 s", strikes.exhaust_memory, waits=True),
    "web": Fault("web killed while it is asked for", nothing, ask=strikes.post_and_kill_web),
    # What Shipmate stands on.
    "locked": Fault("the database locked for 20 s", strikes.lock_database, together=True),
    "state-full": Fault("Shipmate's own disk full for 20 s", strikes.fill_state, together=True),
    "clock-forward": Fault(
        "the clock stepped 1 h forward",
        strikes.step_forward,
        together=True,
        after=strikes.right_clock,
    ),
    "clock-back": Fault(
        "the clock stepped 1 h back, all workers killed",
        strikes.step_back,
        together=True,
        after=strikes.right_clock,
    ),
    "names": Fault("the name server away for 15 s", host.lose_names, together=True),
    "postgres": Fault("PostgreSQL restarted", strikes.restart_server, together=True),
    "postgres-locked": Fault(
        "PostgreSQL's table of deployments locked for 20 s",
        strikes.lock_database,
        together=True,
    ),
    "redis": Fault("Redis restarted empty", strikes.restart_server, together=True),
    # Hosts and the way to them.
    "session": Fault("the sshd sessions killed", host.kill_sessions),
    "sshd": Fault("sshd and its sessions killed, up after 3 s", host.kill_sshd, waits=True),
    "swallowed": Fault("the line swallows all, new lines do not", host.swallow),
    "mute": Fault("nothing comes back on the line, new ones work", host.mute),
    "sessions-stopped": Fault("the sshd sessions stopped for 60 s", host.stop_sessions, waits=True),
    "followers": Fault(
        "the shells that read the log there killed, ten times", host.kill_followers, waits=True
    ),
    "supervisor-stopped": Fault(
        "what supervises the command stopped for 20 s", host.stop_supervisor, waits=True
    ),
    "slow": Fault("the line slow: 0.25 s a packet", host.slow_down, after=host.speed_up),
    "frozen": Fault("the host stands still for 40 s", host.freeze_host, waits=True),
    "disk": Fault("the host's disk full", host.fill_disk, right=FULL, after=host.free_disk),
    "script": Fault("the command killed on its host", host.kill_script, right=KILLED),
    "supervisor-there": Fault(
        "what supervises the command killed on its host", host.kill_supervisor, right=LOST
    ),
    "relay": Fault("what writes the log there killed", host.kill_relay, right=HOLED),
    "log-cut": Fault("the log on the host cut", host.cut_log, right=LOST),
    "folder": Fault("the folder of runs removed", host.remove_runs, right=LOST),
    "reboot": Fault("the host rebooted", host.reboot, right=LOST, waits=True),
    "host-key": Fault(
        "another host key shown",
        host.change_key,
        right=OTHER_KEY,
        after=host.accept_key,
        waits=True,
    ),
    "cancel": Fault(
        "cancelled, where the host allows one session",
        strikes.cancel,
        right=CANCELLED,
        before=host.one_session,
    ),
}
