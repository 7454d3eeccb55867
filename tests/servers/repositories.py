"""Real git repositories, made on the spot: any bytes in names, any mode, any author."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START = 1_700_000_000
MINUTE = 60
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Alice",
    "GIT_AUTHOR_EMAIL": "alice@example.org",
    "GIT_COMMITTER_NAME": "Alice",
    "GIT_COMMITTER_EMAIL": "alice@example.org",
}


@dataclass(frozen=True)
class Program:
    """An executable file."""

    content: bytes


@dataclass(frozen=True)
class Link:
    target: bytes


@dataclass(frozen=True)
class Submodule:
    sha: str = "1" * 40


Content = str | bytes | Program | Link | Submodule | None
Files = Mapping[Any, Content]  # names are str or bytes


class Repository:
    """A bare repository; each commit is a minute after the one before it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self._clock = START
        self.git("init", "--quiet", "--bare", "--initial-branch=main", "--template=")

    def copied(self, path: Path) -> Repository:
        """Give another one with all that is in this one; that takes a hundredth of the time."""
        shutil.copytree(self.path, path)
        other = Repository.__new__(Repository)
        other.path, other._clock = path, self._clock
        return other

    def git(self, *arguments: str, feed: bytes = b"") -> str:
        """Run git in the repository and return what it says."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=ENVIRONMENT,
            input=feed,
            capture_output=True,
            check=False,
        )
        assert not done.returncode, done.stderr.decode(errors="replace")
        return done.stdout.decode(errors="replace").strip()

    def commit(
        self,
        files: Files | None = None,
        message: str | bytes = "Change something",
        *,
        branch: str = "main",
        parent: str | None = None,
        author: bytes = b"Alice <alice@example.org>",
    ) -> str:
        """Commit on a branch: files that are None are removed. `parent` moves the branch there."""
        self._clock += MINUTE
        when = b"%d +0000" % self._clock
        start = parent or self._tip(branch)
        stream = [
            b"commit refs/heads/" + branch.encode(),
            b"mark :1",
            b"author " + author + b" " + when,
            b"committer Alice <alice@example.org> " + when,
            _data(message),
            *([b"from " + start.encode()] if start else []),
            *(_change(_bytes(name), content) for name, content in (files or {}).items()),
            b"",
            b"get-mark :1",
        ]
        return self.git("fast-import", "--quiet", "--force", feed=b"\n".join(stream) + b"\n")

    def branch(self, name: str, sha: str) -> None:
        self.git("update-ref", f"refs/heads/{name}", sha)

    def tag(self, name: str, sha: str, message: str = "") -> None:
        """Tag a commit; with a message the tag is an object of its own."""
        self.git("tag", *(["-a", "-m", message] if message else []), "--", name, sha)

    def delete(self, ref: str) -> None:
        self.git("update-ref", "-d", ref)

    def _tip(self, branch: str) -> str:
        return self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")


def _change(name: bytes, content: Content) -> bytes:
    if content is None:
        return b"D " + _quoted(name)
    if isinstance(content, Submodule):
        return b"M 160000 " + content.sha.encode() + b" " + _quoted(name)
    if isinstance(content, Link):
        return b"M 120000 inline " + _quoted(name) + b"\n" + _data(content.target)
    if isinstance(content, Program):
        return b"M 100755 inline " + _quoted(name) + b"\n" + _data(content.content)
    return b"M 100644 inline " + _quoted(name) + b"\n" + _data(content)


def _data(content: str | bytes) -> bytes:
    content = _bytes(content)
    return b"data %d\n" % len(content) + content


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _quoted(name: bytes) -> bytes:
    for plain, escaped in ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\n", b"\\n")):
        name = name.replace(plain, escaped)
    return b'"' + name + b'"'
