"""How a deployment ended, judged from how each host did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deployments.exceptions import HostError
from deployments.models import Deployment, PhaseRun
from deployments.runner.flow import Result
from deployments.runner.follow import Outcome

Status = Deployment.Status


@dataclass(frozen=True)
class Verdict:
    """The status a deployment ends in, its reason code, and the reason in a sentence."""

    status: str
    reason: str = ""
    note: str = ""
    was_refused: bool = False  # by the hosts themselves: what a rollback may answer


class Paused(Exception):
    """The deployment waits behind its first host. No worker holds it until it goes on."""


class Stopped(Exception):
    """The deployment goes no further; the verdict says why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.note)
        self.verdict = verdict


@dataclass(frozen=True)
class HostVerdict:
    """How one phase ended on one host."""

    status: str
    code: int | None
    note: str
    reason: str  # the deployment's reason code, should this be what ends it


def of_host(host: str, phase: str, result: Result, on_failure: str) -> HostVerdict:
    """Judge what a host said of a run, or that it could not be asked."""
    run = PhaseRun.Status
    if isinstance(result, HostError):
        text = str(result)
        note = text if host in text else f"{host}: {text}"
        return HostVerdict(run.ERROR, None, note, result.code)
    match result:
        case Outcome(word="ended", code=0):
            return HostVerdict(run.SUCCESS, 0, "", "")
        case Outcome(word="ended", code=code):
            return HostVerdict(
                run.FAILURE, code, f"{phase} ended with {code} on {host}", on_failure
            )
        case Outcome(word="gone" | "cancelled", code=code):
            return HostVerdict(run.CANCELLED, code, f"somebody ended {phase} on {host}", "lost")
        case Outcome(word="left", detail=""):
            text = (
                f"{host} could not look whether processes are left: it cannot start a program that "
                "looks, as where it is full of processes. Look there."
            )
            return HostVerdict(run.ERROR, None, text, "lost")
        case Outcome(word="left", detail=detail):
            text = f"{host}: processes are left that could not be ended: {detail}"
            return HostVerdict(run.ERROR, None, text, "lost")
        case Outcome(word="refused", detail=detail):
            text = f"{host} did not start {phase}: {detail}"
            return HostVerdict(run.ERROR, None, text, "settings")
    return HostVerdict(run.ERROR, None, _unknown(host, phase, result), "lost")


def _unknown(host: str, phase: str, outcome: Outcome) -> str:
    """Say what is not known, and why."""
    why = {
        "lost": "what became of it cannot be known: its supervisor is gone, or did not come up in "
        "time (a restart or an overload of the host, or somebody ended it)",
        "none": "its folder of the run is gone, so how it ended cannot be known",
        "short": "the log on the host became shorter than what was read of it",
        "broken": "the connection broke",
    }.get(outcome.word, outcome.word)
    return f"{phase} on {host}: {why}. It may still be running there: look, then retry."


def of_all(failed: Sequence[HostVerdict], switched: int, hosts: int) -> Verdict:
    """Judge a deployment that goes no further by the hosts that failed."""
    notes = _notes(failed, mixed(switched, hosts))
    if 0 < switched < hosts:
        return Verdict(Status.FAILURE, "partly", notes, was_refused=True)
    errors = [v for v in failed if v.status == PhaseRun.Status.ERROR or v.reason == "lost"]
    if errors:
        return Verdict(Status.ERROR, errors[0].reason, notes, was_refused=True)
    return Verdict(Status.FAILURE, failed[0].reason, notes, was_refused=True)


def without(failed: Sequence[HostVerdict], hosts: int) -> Verdict:
    """Judge a deployment that came to its end without some of the hosts."""
    done = f"{hosts - len(failed)} of {hosts} hosts are done; the others were allowed to fail."
    return Verdict(Status.FAILURE, "partly", _notes(failed, done))


def _notes(failed: Sequence[HostVerdict], last: str) -> str:
    return " ".join([*(f"{v.note.rstrip('.')}." for v in failed), last]).strip()


def mixed(switched: int, hosts: int) -> str:
    """Say which hosts run the new version, where any does."""
    if hosts and switched == hosts:
        return "All hosts run the new version."
    return f"{switched} of {hosts} hosts run the new version." if switched else ""
