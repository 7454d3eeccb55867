"""One fault at many moments: deployments are asked for, struck, and waited for."""

from __future__ import annotations

import threading
import time
from typing import Any

from django.db import connection

from benchmarks.faulty.catalogue import Fault
from benchmarks.faulty.trials import (
    FINISHED,
    POLL,
    Trial,
    ask,
    check,
    has_ended,
    note_phase,
    patiently,
    spread,
)
from benchmarks.faulty.world import World, dice

END_SECONDS = 400.0  # a worker that hangs is given five minutes
NEXT_SECONDS = 120.0


def measure(world: World, name: str, fault: Fault, life: float) -> dict[str, Any]:
    """Strike each place's deployment once, and return what was found."""
    chance = dice(world.seed, name)
    trials = spread(world.places, life, chance.random)
    chance.shuffle(trials)
    width = world.shipmate.workers * 2
    world.notes.clear()
    for start in range(0, len(trials), width):
        _wave(world, fault, trials[start : start + width], life)
    _next(world, [(fault, trial) for trial in trials])
    return _found(world, name, fault, trials)


def measure_at_once(world: World, faults: dict[str, Fault], life: float) -> list[dict[str, Any]]:
    """Strike each place with another fault, all at the same time."""
    chance = dice(world.seed, "at once")
    trials = {
        name: Trial(place, life * chance.random())
        for name, place in zip(faults, world.places, strict=True)
    }
    pairs = [(fault, trials[name]) for name, fault in faults.items()]
    world.notes.clear()
    for fault, trial in pairs:
        if fault.before:
            fault.before(world, trial)
    _strike_each(world, pairs)
    _wait(list(trials.values()), END_SECONDS)
    for fault, trial in pairs:
        check(trial, fault.right)
    _next(world, pairs)
    return [_found(world, name, fault, [trials[name]]) for name, fault in faults.items()]


def _wave(world: World, fault: Fault, trials: list[Trial], life: float) -> None:
    for trial in trials:
        if fault.before:
            fault.before(world, trial)
    if fault.together:
        _strike_together(world, fault, trials, life)
    else:
        _strike_each(world, [(fault, trial) for trial in trials])
    _wait(trials, END_SECONDS)
    for trial in trials:
        check(trial, fault.right)


def _begin(world: World, fault: Fault, trial: Trial) -> None:
    if fault.ask is None:
        ask(world, trial, "main")
    else:
        trial.deployment = fault.ask(world, trial)
        trial.asked_at = time.monotonic()


def _strike_each(world: World, pairs: list[tuple[Fault, Trial]]) -> None:
    threads = []
    for fault, trial in pairs:
        _begin(world, fault, trial)
    for fault, trial in sorted(pairs, key=lambda pair: pair[1].asked_at + pair[1].moment):
        time.sleep(max(0.0, trial.asked_at + trial.moment - time.monotonic()))
        _note(trial)
        if fault.waits:
            thread = threading.Thread(target=_strike_alone, args=(world, fault, trial))
            thread.start()
            threads.append(thread)
        else:
            _strike(world, fault, trial)
    for thread in threads:
        thread.join()


def _strike_alone(world: World, fault: Fault, trial: Trial) -> None:
    try:
        _strike(world, fault, trial)
    finally:
        connection.close()


def _strike(world: World, fault: Fault, trial: Trial) -> None:
    try:
        fault.strike(world, trial)
    except Exception as error:  # noqa: BLE001  whatever it is, the others are struck and told of
        trial.problems.append(f"it could not be struck: {error!r}")


def _strike_together(world: World, fault: Fault, trials: list[Trial], life: float) -> None:
    """Ask for the one that is to be oldest first; strike them all when the last is young."""
    begun = time.monotonic()
    for trial in sorted(trials, key=lambda one: -one.moment):
        time.sleep(max(0.0, begun + life - trial.moment - time.monotonic()))
        _begin(world, fault, trial)
    time.sleep(max(0.0, begun + life - time.monotonic()))
    for trial in trials:
        _note(trial)
    _strike(world, fault, trials[0])


def _note(trial: Trial) -> None:
    note_phase(trial)
    trial.struck_at = time.monotonic()


def _wait(trials: list[Trial], seconds: float) -> None:
    """Wait until each has ended; nobody touches anything meanwhile."""
    end, waiting = time.monotonic() + seconds, list(trials)
    while waiting and time.monotonic() < end:
        for trial in [one for one in waiting if has_ended(one)]:
            waiting.remove(trial)
            trial.seconds = time.monotonic() - (trial.struck_at or trial.asked_at)
        time.sleep(POLL)
    for trial in waiting:
        trial.seconds = seconds
        trial.problems.append(f"has not ended after {seconds:.0f} s")


def _next(world: World, pairs: list[tuple[Fault, Trial]]) -> None:
    """See that the next deployment to the same place works."""
    following = []
    for fault, trial in pairs:
        if fault.after:
            fault.after(world, trial)
        if not has_ended(trial):
            continue
        later = Trial(trial.place, 0.0)
        ask(world, later, "quick")
        following.append((trial, later))
    _wait([later for _, later in following], NEXT_SECONDS)
    for trial, later in following:
        if later.problems or not patiently(lambda later=later: later.now().status == "success"):  # type: ignore[misc]
            row = later.now()
            trial.problems.append(f"the next one ended as {row.status}: {row.note}")


def _found(world: World, name: str, fault: Fault, trials: list[Trial]) -> dict[str, Any]:
    return {
        "name": name,
        "words": fault.words,
        "moments": len(trials),
        "hit": sum(trial.during not in FINISHED for trial in trials),
        "right": sum(not trial.problems for trial in trials),
        "phases": sorted({trial.during for trial in trials}),
        "ends": _ends(trials),
        "seconds": [round(trial.seconds, 1) for trial in trials],
        "notes": {key: [round(s, 1) for s in value] for key, value in world.notes.items()},
        "problems": [
            f"#{trial.number} at {trial.moment:.1f} s in {trial.during}: {text}"
            for trial in trials
            for text in trial.problems
        ],
    }


def _ends(trials: list[Trial]) -> dict[str, int]:
    rows = [trial.now() for trial in trials]
    words = [f"{row.status}/{row.reason}" if row.reason else row.status for row in rows]
    return {word: words.count(word) for word in sorted(set(words))}
