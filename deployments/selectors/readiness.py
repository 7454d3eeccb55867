"""What an environment still needs before its first deployment: the blockers, as steps in order."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from deployments import providers
from deployments.blockers import Blocker, blockers
from deployments.models import Environment


@dataclass(frozen=True)
class Step:
    """Something to do once. `at` is where on the page it is done."""

    title: str
    text: str
    at: str
    done: bool


def steps(environment: Environment, entered: Collection[str]) -> list[Step]:
    """Return the steps; `entered` names the hosts that a test has signed in to."""
    obstacles = blockers(environment)
    found = {blocker.code for blocker in obstacles}
    hosts = [placement.host for placement in environment.placements.select_related("host")]
    known = all(host.host_keys.strip() for host in hosts)
    deployed = environment.current is not None
    provider = providers.provider(environment.application.provider)
    if not provider.takes_hosts:
        return _for_a_cloud(obstacles, provider.needs_secrets, deployed=deployed)
    if provider.runs_here:
        return _for_a_program(found, deployed=deployed)
    return [
        Step("Place a host", "A machine that the code goes to.", "hosts", "no_hosts" not in found),
        Step("Make an SSH key", "Shipmate signs in with it.", "key", "no_key" not in found),
        Step(
            "Let Shipmate in",
            "Put the key's public line on each host, then test the connection: you see the host's "
            "own key and accept it.",
            "hosts",
            bool(hosts) and known and (deployed or {h.name for h in hosts} <= set(entered)),
        ),
        Step("Say what to run", "Build, restart and check, if anything.", "commands",
             "settings" not in found),
        Step("Deploy", "On the environment's own page.", "", deployed),
    ]  # fmt: skip


def _for_a_program(found: set[str], *, deployed: bool) -> list[Step]:
    """Return what it takes where a program deploys: it may know hosts and keys by itself."""
    steps = [
        Step("Say what deploys", "A program, and what it is called with.", "commands",
             "settings" not in found),
        Step("Deploy", "On the environment's own page.", "", deployed),
    ]  # fmt: skip
    if found & {"no_hosts", "host_key"}:
        text = "What is run names them: place each, make a key, and accept the hosts' own."
        steps.insert(1, Step("Place the hosts", text, "hosts", done=False))
    return steps


def _for_a_cloud(found: list[Blocker], secrets: Iterable[str], *, deployed: bool) -> list[Step]:
    """Return what it takes where a cloud is deployed to, which shows no hosts."""
    is_set = all(blocker.code != "settings" for blocker in found)
    missing = " ".join(blocker.text for blocker in found if blocker.code == "no_secret")
    text = "Here or for the whole app; it is kept encrypted and masked in logs."
    return [
        Step(
            "Say where it goes", "Its name there, and when it counts as well.", "commands", is_set
        ),
        *(
            Step(f"Set the secret {name}", text, "secrets", f" {name} " not in missing)
            for name in secrets
        ),
        Step("Deploy", "On the environment's own page.", "", deployed),
    ]
