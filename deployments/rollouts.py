"""How a release reaches its hosts: in which batches, behind what, and how many may fail. Pure.

What the settings ask for is decided once, when the deployment is claimed, and frozen with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deployments.durations import duration

DEFAULTS: dict[str, Any] = {
    "batch": "",  # hosts that are switched at a time: a number or a share (25%); empty: all
    # One host before the others: “pause” waits behind it, “health” goes on where its checks pass.
    "first": "",
    "pause_seconds": 0,  # how long the pause is; 0: until somebody says “go on”
    "may_fail": "",  # hosts that may fail before the rest is stopped, as above; empty: none
    "roll_back": False,  # where the rest is stopped, those that have switched go back
}
SHARE = re.compile(r"([0-9]{1,3})%|([0-9]{1,4})", re.ASCII)
FIRST = ("", "pause", "health")
LONGEST_PAUSE = 86_400


@dataclass(frozen=True)
class Rollout:
    """What was decided for one deployment."""

    batches: tuple[tuple[str, ...], ...] = ()  # names of hosts; none is known: all at once
    first: str = ""  # what stands behind the first batch; empty: nothing
    pause_seconds: int = 0
    may_fail: int = 0  # hosts
    roll_back: bool = False

    @property
    def pauses(self) -> bool:
        return self.first == "pause"

    def batch_of(self, host: str) -> int:
        """Return the number of the host's batch, from 0."""
        return next((at for at, names in enumerate(self.batches) if host in names), 0)


@dataclass(frozen=True)
class Step:
    """One phase on some of its hosts: what is done before anything else begins."""

    phase: int  # its place among the phases
    batch: int = 0
    hosts: tuple[str, ...] = field(default=())
    is_behind_pause: bool = False


def problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """Give each fault in a sentence. The kinds of the values are known to be right."""
    batch, may_fail, pause = settings["batch"], settings["may_fail"], settings["pause_seconds"]
    if batch and not _is_share(batch, least=1):
        yield f"“batch” is “{batch}”; it takes a number of hosts, or a share such as 25%."
    if may_fail and not _is_share(may_fail, least=0):
        yield f"“may_fail” is “{may_fail}”; it takes a number of hosts, or a share such as 25%."
    if settings["first"] not in FIRST:
        yield f"“first” is “{settings['first']}”; it is empty, pause or health."
    if type(pause) is not int or not 0 <= pause <= LONGEST_PAUSE:
        yield f"“pause_seconds” is {pause!r}; it takes a number from 0 to {LONGEST_PAUSE}."


def freeze(hosts: Sequence[str], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Decide how a release reaches these hosts."""
    asked = {**DEFAULTS, **settings}
    first = asked["first"] if len(hosts) > 1 else ""
    alone, rest = ([hosts[0]], hosts[1:]) if first else ([], hosts)
    size = max(1, _count(asked["batch"], len(hosts)) if asked["batch"] else len(hosts))
    batches = [list(rest[at : at + size]) for at in range(0, len(rest), size)]
    return {
        "batches": [alone, *batches] if alone else batches,
        "first": first,
        "pause_seconds": asked["pause_seconds"],
        "may_fail": _count(asked["may_fail"], len(hosts)),
        "roll_back": asked["roll_back"],
    }


def at_once(hosts: Sequence[str]) -> dict[str, Any]:
    """Decide it for a task, or a way back, which must not wait and not end halfway."""
    return freeze(hosts, DEFAULTS)


def of(frozen: Mapping[str, Any]) -> Rollout:
    """Read what was decided; where nothing was, all hosts are one batch."""
    known = frozen.get("rollout") or {"batches": [[one["name"] for one in frozen.get("hosts", [])]]}
    return Rollout(**{**known, "batches": tuple(map(tuple, known["batches"]))})


def words(rollout: Rollout) -> str:
    """Say in which order the hosts come; empty where it is all of them at once."""
    said, lead = list[str](), ""
    rest = list(rollout.batches)
    if rollout.first:
        (first,) = rest.pop(0)
        said.append(f"{first} first")
        lead = f"{_behind(rollout)} "
    size = max(map(len, rest), default=0)
    if len(rest) > 1:
        said.append(f"{lead}{len(rest)} batches of {'at most ' * (size > 1)}{size}")
    elif rollout.first:
        said.append(f"{lead}the others at once")
    if rollout.may_fail:
        said.append(f"up to {rollout.may_fail} may fail")
    if rollout.roll_back:
        said.append("rolled back by itself where a host stops the rest")
    return ", ".join(said)


def _behind(rollout: Rollout) -> str:
    if not rollout.pauses:
        return "where its checks pass then"
    if rollout.pause_seconds:
        return f"a pause of {duration(rollout.pause_seconds)}, then"
    return "a pause until somebody says “go on”, then"


def steps(phases: Sequence[tuple[Sequence[str], bool]], rollout: Rollout) -> list[Step]:
    """Return the steps in their order: of each phase its hosts, and whether it goes by batches.

    Phases that go by batches and follow one another are all done in a batch before the next.
    """
    found: list[Step] = []
    at = 0
    while at < len(phases):
        hosts, by_batch = phases[at]
        if not by_batch:
            found.append(Step(at, 0, tuple(hosts)))
            at += 1
            continue
        end = next((n for n in range(at, len(phases)) if not phases[n][1]), len(phases))
        found += _by_batch(range(at, end), phases, rollout)
        at = end
    return found


def _by_batch(
    run: range, phases: Sequence[tuple[Sequence[str], bool]], rollout: Rollout
) -> Iterator[Step]:
    for batch, names in enumerate(rollout.batches):
        for at in run:
            hosts = tuple(host for host in phases[at][0] if host in names)
            behind = rollout.pauses and batch == 1 and at == run.start
            yield Step(at, batch, hosts, is_behind_pause=behind)


def _is_share(text: str, *, least: int) -> bool:
    found = SHARE.fullmatch(text)
    if found is None:
        return False
    return least <= int(found[1]) <= 100 if found[1] else int(found[2]) >= least


def _count(text: str, hosts: int) -> int:
    """Return how many of the hosts are meant: never more than the share."""
    found = SHARE.fullmatch(text)
    if found is None:
        return 0
    return hosts * int(found[1]) // 100 if found[1] else int(found[2])
