"""Where deployments that run on this machine are at work: a private folder for each, and a cache.

Below the state folder, for its owner alone:

    here/.shipmate/runs/    what the wrapper keeps of each run, as on a host
    here/work/NUMBER/       code/ (the commit), home/ (with .ssh), bin/ (ssh), tmp/
    here/cache/NUMBER/      what the programs of an environment keep for the next time
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import stat
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from deployments import providers
from deployments.exceptions import DeploymentError
from deployments.forges import checkout
from deployments.models import Deployment, Environment
from deployments.providers.contract import HERE
from deployments.runner import identity
from deployments.runner.hosts import Here, Target
from deployments.selectors import code
from deployments.services import credentials

OLD = 86_400  # seconds after which what nobody has removed is removed
WHOLE = "whole"  # the mark of a folder in which everything is
LOCALE = "C.UTF-8"
log = logging.getLogger(__name__)


def here() -> Here:
    """Return this machine as a place of runs. Of this process's environment it knows the PATH."""
    return Here(HERE, root(), {"PATH": os.environ.get("PATH", os.defpath), "LANG": LOCALE})


def root() -> Path:
    return Path(settings.SHIPMATE_STATE) / "here"


def of(deployment: Deployment) -> Path:
    """Return its folder. Numbers begin anew with a new database, so the moment is in its name."""
    return root() / "work" / f"{deployment.pk}-{deployment.created_at:%y%m%d%H%M%S%f}"


def cache_of(environment: Environment) -> Path:
    return root() / "cache" / str(environment.pk)


def lay_out(deployment: Deployment, targets: list[Target]) -> bool:
    """Make the folder, unless it is there; return whether it was made.

    It is put in its place in one step: of two workers one does it in vain.
    """
    folder = of(deployment)
    if (folder / WHOLE).exists():
        return False
    try:
        _make(deployment, targets, folder)
    except OSError as error:
        why = error.strerror or type(error).__name__
        text = f"No folder for it could be made on {socket.gethostname()}: {why}. Is its disk full?"
        raise DeploymentError(f"{text} Nothing was started.", code="settings") from error
    return True


def _make(deployment: Deployment, targets: list[Target], folder: Path) -> None:
    partial = folder.with_name(f"{folder.name}.{deployment.epoch}.partial")
    remove(partial)
    cache = cache_of(deployment.environment)
    for private in (root(), root() / "work", cache.parent, cache, partial):
        private.mkdir(parents=True, exist_ok=True)
        private.chmod(0o700)  # whoever made it, and whatever was the umask
    for name in ("tmp", "home"):
        (partial / name).mkdir(mode=0o700)
    hands_on = bool(deployment.settings["settings"].get("agent"))
    identity.write(
        partial / "home", key_of(deployment), targets, at=folder / "home", hands_on=hands_on
    )
    identity.put_first(partial / "bin", folder / "home" / identity.CONFIG, at=folder / "bin")
    if providers.provider(deployment.settings["provider"]).needs_code:
        _lay_out_code(deployment, partial / "code")
    (partial / WHOLE).touch()
    with suppress(OSError):
        partial.rename(folder)
    remove(partial)


def remove(folder: Path) -> None:
    """Remove a folder with all that a program may have left in it."""
    for _ in range(2):
        if folder.exists():
            shutil.rmtree(folder, onerror=_make_writable)
    if folder.exists():
        log.warning("%s could not be removed whole", folder)


def left(deployment: Deployment) -> list[Path]:
    """Return what there is of its folder, also what a worker that died has half made."""
    folder = of(deployment)
    return [folder] * folder.exists() + list(folder.parent.glob(f"{folder.name}.*.partial"))


def sweep() -> None:
    """Remove the folders of deployments that are over, where nobody did so in a day."""
    for folder in (root() / "work").glob("[0-9]*"):
        number = int(folder.name.partition("-")[0])
        with suppress(FileNotFoundError):
            is_old = time.time() - folder.stat().st_mtime > OLD
            if is_old and not _is_under_way(number):
                remove(folder)


def _is_under_way(number: int) -> bool:
    return Deployment.objects.filter(pk=number, status="in_progress").exists()


def key_of(deployment: Deployment) -> str:
    """Return the private key of its environment, or nothing where it has none."""
    environment = deployment.environment
    return credentials.private_key(environment) if hasattr(environment, "ssh_key") else ""


def _lay_out_code(deployment: Deployment, folder: Path) -> None:
    app = deployment.environment.application
    checkout.lay_out(code.mirror(app, deployment.sha), deployment.sha, folder, code.source(app))


def _make_writable(_: object, path: str, __: object) -> None:
    """Take away what keeps a file from being removed, for the next round."""
    for folder in (Path(path), Path(path).parent):
        with suppress(OSError):
            if not folder.is_symlink() and folder.is_dir():
                folder.chmod(stat.S_IRWXU)
