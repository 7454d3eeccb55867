"""What a check says of a commit is kept; who said it is remembered."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import transaction

from deployments import changes, rights
from deployments.exceptions import Invalid
from deployments.forges.contract import Check
from deployments.models import Application, CommitStatus, Person, Repository
from deployments.selectors import checks as selectors
from deployments.selectors import code
from deployments.services import ledger

SHA = re.compile(r"[0-9a-f]{40}")
LONGEST, TEXT, URL = 100, 140, 500  # characters that are kept of a name, a word, an address
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
        Repository.objects.select_for_update().get(pk=repository.pk)
        known = CommitStatus.objects.filter(repository=repository, sha=sha, context=context).first()
        old = known.state if known else ""
        said = known or CommitStatus(repository=repository, sha=sha, context=context)
        said.state, said.description, said.target_url = state, description, target_url
        said.person = person
        ledger.check(said, checked=["target_url"])
        said.save()
        if old != state:
            subject = f"{repository} {sha[:7]} {context}"
            changes.record("check.set", person=person, via=via, subject=subject, old=old, new=state)
    return said


def ask(application: Application, sha: str) -> None:
    """Keep what the forge's own checks say of the commit now. Never inside a transaction."""
    if not sha:
        return
    found = code.checks(application, sha)
    if found:
        with transaction.atomic():
            _keep(application.repository, sha, found)


def _keep(repository: Repository, sha: str, found: Sequence[Check]) -> None:
    """Keep each word that is news, in one look at what is known."""
    Repository.objects.select_for_update().get(pk=repository.pk)
    known = {one.context: one for one in selectors.statuses(repository, sha)}
    for check in found:
        context, url = check.context[:LONGEST], check.url
        if len(url) > URL or not ADDRESS.fullmatch(url):
            url = ""
        words = (check.state, check.description[:TEXT], url)
        said = known.get(context) or CommitStatus(repository=repository, sha=sha, context=context)
        old = said.state
        if said.pk and (old, said.description, said.target_url) == words:
            continue
        said.state, said.description, said.target_url = words
        said.person = None
        said.save()
        if old != check.state:
            subject = f"{repository} {sha[:7]} {context}"
            changes.record("check.set", via="forge", subject=subject, old=old, new=check.state)


def _require(repository: Repository, person: Person) -> None:
    """Refuse who may deploy none of its apps."""
    apps = list(repository.applications.all())
    if not any(rights.may(person, "report", app) for app in apps):
        rights.require(person, "report", apps[0] if apps else None)
