"""What a check says of a commit is kept; who said it is remembered."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from deployments import changes, rights
from deployments.exceptions import DeploymentError, Invalid, RepositoryAway
from deployments.forges.contract import Check
from deployments.forges.github.checks import WORST
from deployments.models import Application, CommitHeard, CommitStatus, Person, Repository
from deployments.selectors import checks as selectors
from deployments.selectors import code
from deployments.services import ledger, queue

SHA = re.compile(r"[0-9a-f]{40}")
LONGEST, TEXT, URL = 255, 140, 500  # characters that are kept of a name, a word, an address
FRESH = 30  # seconds for which what the forge told is not asked for again
log = logging.getLogger(__name__)
# Any host, also one that only this network knows, such as http://jenkins/job/7.
ADDRESS = re.compile(r"https?://[^\s\x00]+")


def report(
    repository: Repository,
    sha: str,
    person: Person,
    *,
    context: str,
    state: str,
    description: str = "",
    target_url: str = "",
    via: str = "api",
) -> CommitStatus:
    """Keep what a check says; a later word on the same commit and context takes its place.

    Whoever may deploy one of the repository's apps may report, as whoever may push does on GitHub.
    """
    _require(repository, person)
    sha = sha.lower()
    if not SHA.fullmatch(sha):
        raise Invalid(f"“{sha[:50]}” is no commit: it takes all 40 digits.")
    if target_url and not ADDRESS.fullmatch(target_url):
        raise Invalid("target_url must begin with http:// or https://, and has no spaces.")
    with transaction.atomic():
        # The row's lock puts two words on one check one after the other.
        Repository.objects.select_for_update(no_key=True).get(pk=repository.pk)
        known = CommitStatus.objects.filter(repository=repository, sha=sha, context=context).first()
        old = known.state if known else ""
        said = known or CommitStatus(repository=repository, sha=sha, context=context)
        said.state, said.description, said.target_url = state, description, target_url
        said.person, said.source, said.said_at = person, None, None
        ledger.check(said, checked=["target_url", "source", "said_at"])
        said.save()
        if old != state:
            subject = f"{repository} {sha[:7]} {context}"
            changes.record("check.set", person=person, via=via, subject=subject, old=old, new=state)
        if repository.forge not in selectors.FORGES:
            _note_heard(repository, sha)
        queue.ring_for_commit(repository.pk, sha, ask=False)
    return said


def ask(application: Application, sha: str) -> None:
    """Keep what the forge's own checks say of the commit now. Never inside a transaction."""
    repository = application.repository
    if not sha or repository.forge not in selectors.FORGES:
        return  # git alone has no checks
    try:
        found = code.checks(application, sha)
    except RepositoryAway as error:
        _note_heard(repository, sha, trouble=str(error))
        raise
    with transaction.atomic():
        _note_heard(repository, sha)
        if _keep(repository, sha, found):
            queue.ring_for_commit(repository.pk, sha, ask=False)


def freshen(application: Application, sha: str) -> None:
    """Ask the forge, unless it was heard just now. One that does not tell leaves what is known.

    Nothing ends because a forge is away when its turn comes: it was asked when it was asked for.
    """
    known = selectors.heard(application.repository, sha).at
    if known is not None and (timezone.now() - known).total_seconds() < FRESH:
        return
    try:
        ask(application, sha)
    except DeploymentError as error:
        log.info("What checks say of %s at %s is not known: %s", application, sha[:7], error)


def hear(repository: Repository, sha: str, check: Check) -> bool:
    """Keep what the forge tells of one check by itself; no, if it has to be asked.

    A word that is older than what is known, or whose order cannot be told, changes nothing: and
    where others speak under the same name, the worse counts, which the forge tells; where git alone
    is known of a repository, nobody can be asked, and the worse of the two is kept.
    """
    with transaction.atomic():
        Repository.objects.select_for_update(no_key=True).get(pk=repository.pk)
        context = check.context[:LONGEST]
        known = CommitStatus.objects.filter(repository=repository, sha=sha, context=context).first()
        at, before = check.said_at, known.said_at if known else None
        if at is None or not check.source:
            return False
        if known is None:
            _write(repository, sha, check, None, via="webhook")
        elif known.source != check.source or before is None:
            _write_worse(repository, sha, check, known)
            return False
        elif before < at or _has_ended(known, check):
            _write(repository, sha, check, known, via="webhook")
        elif before == at and _differ(known, check):
            _write_worse(repository, sha, check, known)
            return False
        _note_heard(repository, sha)
    return True


def _write_worse(repository: Repository, sha: str, check: Check, known: CommitStatus) -> None:
    """Where no forge can be asked, let the worse of two words count, as it would."""
    is_alone = repository.forge not in selectors.FORGES
    if is_alone and WORST.index(check.state) < WORST.index(known.state):
        _write(repository, sha, check, known, via="webhook")


def _has_ended(known: CommitStatus, check: Check) -> bool:
    """Return whether it is the end of what is known to go on, in the same second."""
    pending = CommitStatus.State.PENDING
    is_same_moment = known.said_at == check.said_at
    return is_same_moment and known.state == pending and check.state != pending


def _differ(known: CommitStatus, check: Check) -> bool:
    """Return whether two words of one moment cannot both be true; one that goes on was before."""
    return check.state not in (known.state, CommitStatus.State.PENDING)


def _note_heard(repository: Repository, sha: str, trouble: str = "") -> None:
    """Note that the forge spoke of the commit, or why it did not."""
    values = {"trouble": trouble} if trouble else {"trouble": "", "heard_at": timezone.now()}
    CommitHeard.objects.update_or_create(repository=repository, sha=sha, defaults=values)


def _keep(repository: Repository, sha: str, found: Sequence[Check]) -> bool:
    """Keep each word that is news, in one look at what is known; return whether any is.

    A webhook may have told of something newer while the answer was on its way.
    """
    Repository.objects.select_for_update(no_key=True).get(pk=repository.pk)
    known = {one.context: one for one in selectors.statuses(repository, sha)}
    written = False
    for name, check in _by_name(found).items():
        said = known.get(name)
        if said is None or not _is_older(check, said):
            written |= _write(repository, sha, check, said, via="forge")
    return written


def _by_name(found: Sequence[Check]) -> dict[str, Check]:
    """Return checks by what is kept of their names; of those that begin alike the worst."""
    kept: dict[str, Check] = {}
    for check in sorted(found, key=lambda one: WORST.index(one.state)):
        kept.setdefault(check.context[:LONGEST], check)
    return kept


def _is_older(check: Check, said: CommitStatus) -> bool:
    if check.source != said.source or check.said_at is None or said.said_at is None:
        return False
    return check.said_at < said.said_at


def _write(
    repository: Repository, sha: str, check: Check, known: CommitStatus | None, via: str
) -> bool:
    """Write what a check says, unless that is what is known; return whether it is news."""
    context, url = check.context[:LONGEST], check.url
    if len(url) > URL or not ADDRESS.fullmatch(url):
        url = ""
    said = known or CommitStatus(repository=repository, sha=sha, context=context)
    old = said.state
    new = (check.state, check.description[:TEXT], url, check.source or None, check.said_at)
    if said.pk and new == (old, said.description, said.target_url, said.source, said.said_at):
        return False
    said.state, said.description, said.target_url, said.source, said.said_at = new
    said.person = None
    said.save()
    if old != check.state:
        subject = f"{repository} {sha[:7]} {context}"
        changes.record("check.set", via=via, subject=subject, old=old, new=check.state)
    return True


def _require(repository: Repository, person: Person) -> None:
    """Refuse who may deploy none of its apps."""
    apps = list(repository.applications.all())
    if not any(rights.may(person, "report", app) for app in apps):
        rights.require(person, "report", apps[0] if apps else None)
