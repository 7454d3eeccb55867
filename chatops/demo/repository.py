"""Make the demo's git repository on the spot: a small application with a real history."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chatops.demo.history import ANA, BEN, Line, Step, branches


def make_repository(folder: Path, now: datetime | None = None) -> Path:
    """Make the repository in this folder, or return the one that is there."""
    if (folder / ".git").is_dir():
        return folder
    draft = folder.with_name(folder.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    run_git(draft.parent, "init", "--quiet", "--template=", "-b", "main", str(draft))
    run_git(draft, "config", "user.name", ANA.partition(" <")[0])
    run_git(draft, "config", "user.email", ANA.partition(" <")[2].rstrip(">"))
    run_git(draft, "fast-import", "--quiet", stdin=history_stream(now or datetime.now(UTC)))
    run_git(draft, "reset", "--quiet", "--hard", "main")
    draft.replace(folder)  # whole or not at all
    return folder


def history_stream(now: datetime) -> bytes:
    """Return the whole history in the words of `git fast-import`."""
    parts: list[bytes] = []
    for line in branches():
        parts += _branch(line, now)
    return b"".join(parts)


def run_git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run git untouched by anybody's settings; the words of a failure are git's own."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        env=_environment(),
        timeout=60,
        check=False,
    )
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip()
        raise RuntimeError(f"git {arguments[0]} failed: {words}")
    return done.stdout


def _environment() -> dict[str, str]:
    settings = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C.UTF-8"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | settings


def _branch(line: Line, now: datetime) -> list[bytes]:
    ref = f"refs/heads/{line.name}"
    parts = [f"reset {ref}\nfrom refs/heads/{line.start}\n\n".encode()] if line.start else []
    for step in line.steps:
        parts.append(_commit(ref, step, now))
        if step.tag:
            parts.append(_tag(ref, step, now))
    return parts


def _commit(ref: str, step: Step, now: datetime) -> bytes:
    who = f"{step.author} {_stamp(step, now)}"
    message = f"{step.subject}\n" + (f"\n{step.body}\n" if step.body else "")
    head = f"commit {ref}\nauthor {who}\ncommitter {who}\n".encode() + _data(message)
    return head + b"".join(_file(path, kept) for path, kept in step.files.items()) + b"\n"


def _tag(ref: str, step: Step, now: datetime) -> bytes:
    head = f"tag {step.tag}\nfrom {ref}\ntagger {BEN} {_stamp(step, now)}\n"
    return head.encode() + _data("The first hello that is worth a number\n")


def _file(path: str, kept: tuple[str, str] | None) -> bytes:
    if kept is None:
        return f"D {path}\n".encode()
    mode, content = kept
    return f"M {mode} inline {path}\n".encode() + _data(content)


def _data(text: str) -> bytes:
    content = text.encode()
    return b"data %d\n%s\n" % (len(content), content)


def _stamp(step: Step, now: datetime) -> str:
    # Work was done at odd minutes, not all of it on the hour.
    moment = now - timedelta(hours=step.hours_ago, minutes=len(step.subject))
    return f"{int(moment.timestamp())} +0000"
