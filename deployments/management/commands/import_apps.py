from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from deployments.apps_json import names
from deployments.apps_json.reading import LONGEST
from deployments.exceptions import DeploymentError
from deployments.forges.github.access import check_token
from deployments.models import Person
from deployments.selectors import importing
from deployments.selectors.importing import Given, Proposal
from deployments.services.importing import Outcome, bring

PATIENCE = 900  # seconds: nobody waits for a page
WORDS = {"new": "would be made", "known": "is there already, left alone", "wrong": "cannot be made"}


class Command(BaseCommand):
    help = "Make the apps that an apps.json of hubot-deploy names."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the apps.json; “-” reads what is piped in")
        parser.add_argument(
            "--as", dest="username", required=True, help="whose right it is; stands in the record"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be made, only")
        parser.add_argument(
            "--place", default=names.PLACE, help=f"where owner/name is; usually {names.PLACE}"
        )
        parser.add_argument(
            "--github-token-file", type=Path, help="a file with a token that opens them at GitHub"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = Person.objects.get(username=options["username"], is_active=True)
            given = Given(_read(options["file"]), options["place"], _token(options))
            told = self._propose if options["dry_run"] else self._bring
            left = told(given, person)
        except Person.DoesNotExist:
            raise CommandError(f"Nobody here signs in as “{options['username']}”.") from None
        except (DeploymentError, OSError) as error:
            raise CommandError(str(error)) from None
        if left:
            raise CommandError(f"Not made: {', '.join(left)}. The reasons stand above.")

    def _propose(self, given: Given, person: Person) -> list[str]:
        """Say what would be made; return what cannot be."""
        found = importing.propose(given, person, PATIENCE)
        for one in found:
            self._say(one, WORDS[one.state], one.reasons)
        self.stdout.write("Nothing was changed.")
        return [one.app.written for one in found if one.state == "wrong"]

    def _bring(self, given: Given, person: Person) -> list[str]:
        """Make what can be made; return what was not, though it is not there."""
        found = bring(given, person, via="command", patience=PATIENCE)
        for one in found:
            self._say(one.proposal, *_came_of(one))
        made = [one.application.name for one in found if one.application]
        self.stdout.write(f"Made: {', '.join(made) or 'nothing'}.")
        return [one.proposal.app.written for one in found if one.failed]

    def _say(self, one: Proposal, word: str, reasons: Iterable[str]) -> None:
        self.stdout.write(f"{one.app.written} {word}")
        for line in [*reasons, *(_lines(one) if one.state == "new" else ())]:
            self.stdout.write(f"    {line}")


def _came_of(one: Outcome) -> tuple[str, list[str]]:
    if one.application:
        return "is made", []
    if one.problem:
        return "was not made", [one.problem]
    return WORDS[one.proposal.state], list(one.proposal.reasons)


def _lines(one: Proposal) -> Iterator[str]:
    """Tell what an app would be, and what becomes of each of its keys."""
    if one.app.renamed:
        yield f"called {one.app.name}: “{one.app.written}” is no name of an app here"
    yield f"deployed by: {one.way.label}"
    for each, checks, contexts in one.environments:
        asked = ", ".join(contexts) or {"all": "all that are reported"}.get(checks, "none")
        yield f"{each.name}{' (production)' if each.production else ''}, checks: {asked}"
    for key in one.app.keys:
        yield f"line {key.line}: {key.name}: {'' if key.kept else 'DROPPED: '}{key.text}"


def _read(file: str) -> bytes:
    """Return the file, and of a longer one no more than it takes to refuse it."""
    if file == "-":
        return sys.stdin.buffer.read(LONGEST + 1)
    with Path(file).open("rb") as opened:
        return opened.read(LONGEST + 1)


def _token(options: dict[str, Any]) -> str:
    path = options["github_token_file"]
    if path is None:
        return ""
    token: str = path.read_text(encoding="utf-8", errors="replace").strip()
    check_token(token)
    return token
