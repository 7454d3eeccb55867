"""What a name means: exactly one branch, tag or commit, or a refusal that says why."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from deployments.exceptions import ForgeError, Invalid, UnknownRef
from deployments.forges import git, mirrors
from deployments.forges.contract import Ref, RefKind, Refs, Resolved, Source
from deployments.typed import INVISIBLE

LONGEST = 255
ABBREVIATED = re.compile(r"[0-9a-f]{4,39}", re.I)
FORBIDDEN = re.compile(r"[\s~^:?*\[\\\x00-\x20\x7f]|\.\.|@\{|//|/\.|\.lock(/|$)|^[-./]|[./]$|^@$")
PREFIXES: dict[str, RefKind] = {"refs/heads/": "branch", "refs/tags/": "tag"}
PULL_REQUEST = re.compile("#[1-9][0-9]{0,8}")
COMPARED = 2_000  # finding near names in more takes seconds
FORMAT = "%(refname)%00%(creatordate:unix)"


def validate_ref(name: str) -> str:
    """Return the name if git could have a branch or tag of it."""
    if len(name) > LONGEST or not name:
        raise Invalid(f"A name of a branch, tag or commit has 1 to {LONGEST} characters.")
    if FORBIDDEN.search(name) or INVISIBLE.search(name) or not _git_agrees(name):
        raise Invalid(
            "This is no name of a branch, tag or commit: spaces, control characters,"
            " ~ ^ : ? * [ \\ and .. cannot be in one, and “-” cannot begin it."
        )
    return name


def find(source: Source, mirror: Path, ref: str | None) -> Resolved:
    """Return the one thing that the name means in this mirror."""
    name = default_branch(mirror) if ref is None else ref
    if not name:
        raise ForgeError(f"{source.name} has no default branch yet: push a commit to it.")
    meanings = _meanings(mirror, f"refs/heads/{name}" if ref is None else name)
    if len(meanings) > 1:
        raise UnknownRef(_several(source, name, meanings), [_exactly(one) for one in meanings])
    if not meanings:
        raise _none(source, mirror, name)
    return meanings[0]


def default_branch(mirror: Path) -> str:
    """Return the default branch, or an empty text where it has no commit yet."""
    ref = (mirror / "HEAD").read_text(errors="replace").strip().removeprefix("ref: ")
    return ref.removeprefix("refs/heads/") if git.lookup(mirror, [ref])[0] else ""


def listing(mirror: Path) -> Refs:
    """Return every branch and tag that leads to a commit, newest first."""
    return _listing(mirror, mirrors.seen_at(mirror))


@lru_cache(maxsize=100)
def _listing(mirror: Path, seen_at: datetime) -> Refs:
    """Return what was there then: it stays so until the repository is asked again."""
    branches, tags = _listed(mirror, "refs/heads/"), _listed(mirror, "refs/tags/")
    return Refs(default_branch(mirror), branches, tags, seen_at)


def _git_agrees(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return git.run(None, ["check-ref-format", f"refs/heads/{name}"]).code == 0


def _meanings(mirror: Path, name: str) -> list[Resolved]:
    explicit = [(prefix, kind) for prefix, kind in PREFIXES.items() if name.startswith(prefix)]
    named = [(f"{prefix}{name}", name, kind) for prefix, kind in PREFIXES.items()]
    if explicit:
        named = [(name, name.removeprefix(prefix), kind) for prefix, kind in explicit]
    found = [_pointed_at(mirror, full, short, kind) for full, short, kind in named]
    return [each for each in found if each] + _abbreviated(mirror, name)


def _pointed_at(mirror: Path, full: str, short: str, kind: RefKind) -> Resolved | None:
    exists, commit = git.lookup(mirror, [full, f"{full}^{{commit}}"])
    if exists and not commit:
        raise ForgeError(
            f"The {kind} {short} is no commit but a {exists[1]}; it cannot be deployed."
        )
    return Resolved(commit[0], short, kind) if commit else None


def _abbreviated(mirror: Path, name: str) -> list[Resolved]:
    if not ABBREVIATED.fullmatch(name):
        return []
    ids = git.read(mirror, ["rev-parse", f"--disambiguate={name.lower()}"]).decode().split()
    found = [each for each in git.lookup(mirror, ids) if each and each[1] == "commit"]
    return [Resolved(sha, sha, "commit") for sha, _ in found]


def _several(source: Source, name: str, meanings: list[Resolved]) -> str:
    words = [
        f"commit {each.sha}"
        if each.kind == "commit"
        else f"{each.kind} {each.ref} at {each.sha[:12]}"
        for each in meanings
    ]
    return (
        f"“{name}” means {len(words)} things in {source.name}: {', '.join(words)}. Say which with"
        f" refs/heads/{name}, refs/tags/{name} or all 40 digits of a commit."
    )


def _exactly(meaning: Resolved) -> str:
    """Return the name that means this and nothing else."""
    prefixes = {kind: prefix for prefix, kind in PREFIXES.items()}
    return prefixes.get(meaning.kind, "") + meaning.ref


def _none(source: Source, mirror: Path, name: str) -> UnknownRef:
    """Tell what may have been meant; where nothing is near, the default branch."""
    if PULL_REQUEST.fullmatch(name):
        said = f"{source.name} is read by git alone, which knows no pull requests: {name} is none."
        return UnknownRef(f"{said} Name its branch or commit.", [])
    refs = listing(mirror)
    short = name.removeprefix("refs/heads/").removeprefix("refs/tags/")
    known = [ref.name for ref in (*refs.branches, *refs.tags)][:COMPARED]
    near = get_close_matches(short, dict.fromkeys(known), n=3, cutoff=0.6)
    text = f"{source.name} has no branch, tag or commit “{name}”."
    if near:
        return UnknownRef(f"{text} Near it: {', '.join(near)}.", near)
    if refs.default:
        return UnknownRef(f"{text} Its default branch is {refs.default}.", [refs.default])
    return UnknownRef(text, [])


def _listed(mirror: Path, prefix: str) -> tuple[Ref, ...]:
    command = ["for-each-ref", "--sort=-creatordate", f"--format={FORMAT}", "--", prefix]
    lines = git.read(mirror, command).decode(errors="replace").splitlines()
    pairs = [line.split("\0") for line in lines]
    found = git.lookup(mirror, [f"{name}^{{commit}}" for name, _ in pairs])
    return tuple(
        Ref(name.removeprefix(prefix), commit[0], moment(date))
        for (name, date), commit in zip(pairs, found, strict=True)
        if commit
    )


def moment(seconds: str) -> datetime:
    """Return the time, or 1970 for one that no calendar has."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
