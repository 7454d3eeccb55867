"""The files that pages need, collected anew only where one of them has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def collect() -> None:
    """Collect and compress them. That takes as long as all else of a start."""
    mark, found = Path(settings.STATE) / "collected", _fingerprint()
    if Path(settings.STATIC_ROOT).is_dir() and mark.exists() and mark.read_text() == found:
        return
    mark.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    mark.write_text(found)


def _fingerprint() -> str:
    lines = sorted([settings.STORAGES["staticfiles"]["BACKEND"], *_files()])
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _files() -> Iterator[str]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            yield f"{storage.path(name)} {stat.st_size} {stat.st_mtime_ns}"
