"""Where a repository may be: one spelling of its address, no way out of the allowed folders."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote

from django.conf import settings

from deployments.exceptions import ForgeError, Invalid, RepositoryAway
from deployments.forges.text import CONTROL

LONGEST = 1_000
ALTERNATES_DEPTH = 5
NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
HOST = r"[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\]"
REST = r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]"
HTTPS = re.compile(rf"https://(?P<host>{HOST})(?P<port>:[0-9]{{1,5}})?(?P<path>/{REST}+)", re.I)
SSH = re.compile(
    rf"ssh://(?P<user>{NAME}@)?(?P<host>{HOST})(?P<port>:[0-9]{{1,5}})?(?P<path>/{REST}+)", re.I
)
SCP = re.compile(rf"(?P<user>{NAME}@)(?P<host>{HOST}):(?P<path>(?![-:]){REST}+)")
ENCODED_CONTROL = re.compile(r"%([01][0-9a-f]|7f)", re.I)
FORMS = (
    "Write an absolute path or file:// address under a folder of SHIPMATE_REPOSITORY_ROOTS,"
    " https://host/path, ssh://user@host/path or user@host:path."
)
CREDENTIALS_REFUSED = (
    "The address has a user or password in it, which would be stored and shown. Take it out; use an"
    " ssh:// address with a deploy key, or a line in ~/.netrc of the user that runs Shipmate."
)


def validate_location(text: str) -> str:
    """Return the one spelling of a repository's address, or refuse it."""
    text = text.strip(" ")
    if not text or len(text) > LONGEST or CONTROL.search(text) or not _is_utf8(text):
        raise Invalid(f"This is no address of a repository. {FORMS}")
    if text.startswith("-"):
        raise Invalid(f"The address of a repository never begins with “-”. {FORMS}")
    if text.startswith("/"):
        return str(_allowed(Path(text)))
    if text.lower().startswith("file://"):
        return _file(text)
    return _remote(text)


def is_local(location: str) -> bool:
    """Tell whether a validated location is a path on this machine."""
    return location.startswith("/")


def missing(location: str) -> str:
    """Say that a local location is not there, if so: a disk may come back."""
    return "" if Path(location).exists() else f"There is no folder {location} now."


def git_folder(location: str) -> Path:
    """Return the folder that git reads for a local location, when nothing in it leads away."""
    try:
        place = _allowed(Path(location))
        if text := missing(location):
            raise RepositoryAway(text)
        folder = _pointed_at(place)
        common = _common(folder)
        _refuse_links_out(folder, common)
        _refuse_alternates_out(common / "objects", ALTERNATES_DEPTH)
    except (OSError, UnicodeDecodeError) as error:
        raise ForgeError(f"{location} cannot be read: {error}.") from error
    if (common / "shallow").exists():
        raise ForgeError(f"{location} is a shallow clone. Run “git fetch --unshallow” in it.")
    return folder


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _file(text: str) -> str:
    path = unquote(text[len("file://") :], errors="surrogateescape")
    if not path.startswith("/") or CONTROL.search(path) or not _is_utf8(path):
        raise Invalid(f"A file:// address has three slashes and an absolute path. {FORMS}")
    return str(_allowed(Path(path)))


def _remote(text: str) -> str:
    if "@" in text.partition("://")[2].partition("/")[0] and not SSH.fullmatch(text):
        raise Invalid(CREDENTIALS_REFUSED)
    if ENCODED_CONTROL.search(text):
        raise Invalid(f"The address has control characters in it. {FORMS}")
    match = HTTPS.fullmatch(text) or SSH.fullmatch(text) or SCP.fullmatch(text)
    if not match:
        raise Invalid(f"Shipmate does not use this kind of address. {FORMS}")
    _refuse_link_local(match["host"])
    return _spelled(match)


def _spelled(match: re.Match[str]) -> str:
    """Return the address with scheme and host in small letters and no slash at its end."""
    text, (start, end) = match.string, match.span("host")
    scheme, mark, user = text[:start].rpartition("://")
    return f"{scheme.lower()}{mark}{user}{text[start:end].lower()}{text[end:]}".rstrip("/")


def _refuse_link_local(host: str) -> None:
    with suppress(ValueError):
        if ip_address(host.strip("[]")).is_link_local:
            raise Invalid("The address is link-local, where no repository is.")


def _allowed(path: Path) -> Path:
    """Return the path without links, if it is under an allowed folder."""
    try:
        real = path.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name too long
        raise Invalid(f"{path} is no usable path. {FORMS}") from error
    roots = [root.resolve() for root in settings.SHIPMATE_REPOSITORY_ROOTS]
    if not any(real.is_relative_to(root) for root in roots):
        raise Invalid(
            f"{path} leads outside the folders that repositories may be in:"
            f" {', '.join(map(str, roots)) or 'none'} (SHIPMATE_REPOSITORY_ROOTS)."
        )
    return real


def _pointed_at(place: Path) -> Path:
    """Return the git folder of a bare repository, a checkout, or a checkout with a .git file."""
    inner = place / ".git"
    if inner.is_file():
        pointer = inner.read_bytes()[:4096].decode().strip()
        inner = _allowed(place / pointer.removeprefix("gitdir:").strip())
    for folder in (inner, place):
        if (folder / "HEAD").is_file() and (_common(folder) / "objects").is_dir():
            return _allowed(folder)
    raise ForgeError(f"{place} is not a git repository.")


def _common(folder: Path) -> Path:
    """Return where a worktree keeps its objects; elsewhere the folder itself."""
    pointer = folder / "commondir"
    if not pointer.is_file():
        return folder
    return _allowed(folder / pointer.read_bytes()[:4096].decode().strip())


def _refuse_links_out(*folders: Path) -> None:
    """Refuse a repository whose files are links to somewhere else."""
    for folder in folders:
        for entry in folder.iterdir():
            _refuse_link_out(entry)
            if entry.name in {"objects", "refs"}:
                _refuse_links_below(entry)


def _refuse_links_below(folder: Path) -> None:
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            _refuse_link_out(Path(parent, name))


def _refuse_link_out(path: Path) -> None:
    if path.is_symlink():
        _allowed(path)


def _refuse_alternates_out(objects: Path, depth: int) -> None:
    """Refuse objects that are borrowed from a folder that is not allowed, at any depth."""
    listed = objects / "info" / "alternates"
    lines = listed.read_bytes().splitlines() if listed.is_file() else []
    for line in lines:
        if not line or line.startswith(b"#"):
            continue
        if line.startswith(b'"') or not depth:
            raise Invalid(f"{listed} cannot be checked: use plain paths, {ALTERNATES_DEPTH} deep.")
        borrowed = _allowed(objects / line.decode())
        _refuse_links_below(borrowed)
        _refuse_alternates_out(borrowed, depth - 1)
