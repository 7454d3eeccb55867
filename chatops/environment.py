"""Read settings from the environment, and make the keys that nobody gave."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def env_text(name: str, default: str = "") -> str:
    """Return the variable, or the content of the file that NAME_FILE points to."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default).strip()


def env_bool(name: str, default: bool = False) -> bool:
    """Return a switch; a word that is neither on nor off is an error."""
    text = env_text(name, str(default)).lower()
    if text in TRUE | FALSE:
        return text in TRUE
    raise ImproperlyConfigured(f"{name} is {text!r}; write true or false.")


def env_int(name: str, default: int) -> int:
    """Return a whole number; anything else is an error."""
    text = env_text(name, str(default))
    try:
        return int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {text!r}; write a whole number.") from None


def env_list(name: str) -> list[str]:
    """Return the parts of a comma-separated list, without blanks."""
    return [part.strip() for part in env_text(name).split(",") if part.strip()]


def env_secret(name: str, path: Path, make: str) -> str:
    """Return the secret from the environment, or the one at `path`, made there at first use."""
    given = env_text(name)
    if given:
        return given
    make_private(path.parent)
    with suppress(FileExistsError):
        _write_new(path, new_key(make))
    return path.read_text(encoding="ascii").strip()


def make_private(folder: Path) -> None:
    """Make a folder for its owner alone, and those above it that are missing."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def new_key(make: str) -> str:
    """Return a fresh key: `fernet` for secrets at rest, else one for signing."""
    return Fernet.generate_key().decode() if make == "fernet" else get_random_secret_key()


def _write_new(path: Path, text: str) -> None:
    """Write a file whole or not at all, 0600; of several writers at once, the first one wins."""
    if path.exists():
        raise FileExistsError(path)
    # A name of its own for each writer: threads of one process must not share a partial file.
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.link(partial, path)
    finally:
        Path(partial).unlink()
    _sync(path.parent)  # what is encrypted with a key must not outlive it


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
