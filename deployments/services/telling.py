"""A worker tells the forge how a deployment goes. Never inside a transaction.

It takes the deployment's report by a lease, tells what is new in order, releases it and looks
again. Before anything is sent, it is noted that something will be: whoever goes on after a crash
or a lost answer looks at the forge first, so that nothing is made there twice.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.models import F, QuerySet
from django.utils import timezone

from deployments.exceptions import DeploymentError, Invalid, RepositoryAway
from deployments.forges.github import deployments, limits
from deployments.forges.github.access import App, Token
from deployments.forges.github.client import Caller
from deployments.forges.github.deployments import Answer, Created, NotLet
from deployments.models import ForgeAccess, ForgeReport
from deployments.outbound import TooLate, clock
from deployments.selectors import code
from deployments.selectors import reports as reading
from deployments.selectors.reports import LEASE
from deployments.selectors.told import Told
from deployments.services import credentials, reporting

State = ForgeReport.State

SETTLED = timedelta(seconds=10)  # GitHub is done with a request by then, or has ended it
FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 2.0, 3.0, 120.0  # seconds
SELDOM = timedelta(hours=1)  # until a right is tried again that was lacking
ATTEMPTS = 5
CONTACT = timedelta(minutes=1)  # so exactly is the last contact known
RELATED = (
    "deployment__person",
    "deployment__environment__application",
    "deployment__created_at_forge",
    "repository",
)
log = logging.getLogger(__name__)


class _Lost(Exception):
    """Another worker has taken over: the lease had ended."""


class _Unsettled(Exception):
    """What was sent before may still be under way."""


class _NotTaken(Exception):
    """GitHub would not have it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.sentence)
        self.answer = answer


def tell(number: int) -> None:
    """Tell the forge what is new of the deployment, unless somebody does."""
    while (report := _take(number)) is not None:
        try:
            _bring_up_to_date(report)
        except _Lost:
            return
        finally:
            _mine(report).update(lease_until=None)


def pause(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row."""
    return timedelta(seconds=min(FIRST_PAUSE * GROWTH ** min(failures - 1, 9), LONGEST_PAUSE))


# ---- One turn ----


def _take(number: int) -> ForgeReport | None:
    """Let nobody else tell of it for a while; None, if somebody does or nothing is due.

    What decides between two is asked of the row alone: PostgreSQL looks at that again where another
    has written it meanwhile, and not at what is joined to it.
    """
    now = timezone.now()
    found = reading.due(now).filter(reading.free(now), deployment=number).first()
    taken = {"epoch": F("epoch") + 1, "lease_until": now + LEASE}
    if found is None or not _mine(found).filter(reading.free(now)).update(**taken):
        return None
    return ForgeReport.objects.select_related(*RELATED).get(pk=found.pk)


def _bring_up_to_date(report: ForgeReport) -> None:
    access = ForgeAccess.objects.filter(repository=report.repository_id).first()
    if access is None:
        return  # it was taken away this moment
    try:
        _tell_news(report, access)
    except _Unsettled:
        until = (report.doubt_since or timezone.now()) + SETTLED
        _put_off(report, "An answer of GitHub was lost. What came of it is looked at soon.", until)
    except _NotTaken as refused:
        _note_refusal(report, access, refused.answer, doubt_since=None)
    except RepositoryAway as error:
        _note_away(report, access, str(error))
    except DeploymentError as error:  # which says nothing of what was sent before
        _note_refusal(report, access, NotLet(str(error)))
    except TooLate:
        raise _Lost from None  # it was stopped for so long that another may tell by now
    except (InterfaceError, OperationalError, _Lost):
        raise  # of our own database: whoever looks next goes on
    except Exception:
        _note_fault(report)
        raise


def _tell_news(report: ForgeReport, access: ForgeAccess) -> None:
    """Tell it in order. What has become new meanwhile is for the next look."""
    news = reading.untold(report)
    if news:
        caller = _caller(report)
        secrets = list(credentials.values(report.deployment.environment).values())
        number = report.remote_id or _make(report, caller, secrets)
        for told in news:
            _say(report, caller, number, told, secrets)
        _note_contact(access)
    done = {"state": State.TOLD, "attempts": 0, "next_at": None, "error": ""}
    _mine(report).filter(version=report.version).update(**done)


def _caller(report: ForgeReport) -> Caller:
    access = _access(report)
    if access is None:
        raise Invalid("There is no credential for GitHub; set one in the app's settings.")
    return access.caller()


def _access(report: ForgeReport) -> Token | App | None:
    source = code.source_of(report.repository)
    return source.access if isinstance(source.access, Token | App) else None


def _make(report: ForgeReport, caller: Caller, secrets: Sequence[str]) -> int:
    """Make it there, unless it was made already and nobody heard; return GitHub's number of it."""
    wish = reporting.wish(report, secrets)
    number = deployments.find(caller, wish) if _is_doubtful(report) else None
    if number is None:
        answer = deployments.create(caller, wish, _sending(report))
        if not isinstance(answer, Created):
            raise _NotTaken(answer)
        number = answer.number
    # Whoever holds it by now: it was made, and there is one only.
    rows = ForgeReport.objects.filter(pk=report.pk, remote_id=None)
    if not rows.update(remote_id=number, doubt_since=None):
        _withdraw(report, caller, number)
        raise _Lost
    report.remote_id, report.doubt_since = number, None
    return number


def _withdraw(report: ForgeReport, caller: Caller, number: int) -> None:
    """Take back what another worker has made, too, while this one was stopped as it sent."""
    kept = ForgeReport.objects.filter(pk=report.pk).exclude(remote_id=number).first()
    if kept is None:
        return
    try:
        refused = deployments.withdraw(caller, number)
    except RepositoryAway as error:
        refused = Answer(str(error))
    if refused is not None:
        twice = "GitHub has #%s twice, as %s and as %s; delete the second one there. %s"
        log.warning(twice, report.deployment_id, kept.remote_id, number, refused.sentence)


def _say(
    report: ForgeReport, caller: Caller, number: int, told: Told, secrets: Sequence[str]
) -> None:
    """Tell one state, unless it was told already and nobody heard."""
    said = reporting.status(report, told, secrets)
    if _is_doubtful(report):
        report.doubt_since = None
        if deployments.last_said(caller, number) == (said.state, said.description):
            _note_told(report, told)
            return
    answer = deployments.say(caller, number, said, _sending(report))
    if answer is not None:
        is_gone = not deployments.is_there(caller, number)
        raise _NotTaken(_gone(report) if is_gone else answer)
    _note_told(report, told)


def _is_doubtful(report: ForgeReport) -> bool:
    """Return whether something was sent of which nobody heard; not before that has settled."""
    if report.doubt_since is None:
        return False
    if report.doubt_since + SETTLED > timezone.now():
        raise _Unsettled
    return True


def _gone(report: ForgeReport) -> Answer:
    return Answer(
        f"GitHub shows its deployment {report.remote_id} no more: it was deleted there, or the"
        " credential may not see it any more."
    )


# ---- What is noted of it ----


def _mine(report: ForgeReport) -> QuerySet[ForgeReport]:
    return ForgeReport.objects.filter(pk=report.pk, epoch=report.epoch)


def _sending(report: ForgeReport) -> float:
    """Note that something is sent now, and hold it for another while; return until when it may be.

    GitHub is done with it then before another worker looks at what came of it.
    """
    until, now = clock() + (LEASE - SETTLED).total_seconds(), timezone.now()
    if not _mine(report).update(doubt_since=now, lease_until=now + LEASE):
        raise _Lost
    return until


def _note_told(report: ForgeReport, told: Told) -> None:
    done = {"told": told.state, "told_number": told.number, "told_at": timezone.now()}
    if _mine(report).update(**done, doubt_since=None):
        return
    # Whoever took over may have told more by now, and this stands above it: that is told again.
    again = {"state": State.WAITING, "version": F("version") + 1, "waits_since": timezone.now()}
    ForgeReport.objects.filter(pk=report.pk).update(**done, **again)
    raise _Lost


def _put_off(report: ForgeReport, error: str, until: datetime | None = None, **more: Any) -> None:
    _mine(report).update(attempts=F("attempts") + 1, error=error, next_at=until, **more)


def _note_refusal(report: ForgeReport, access: ForgeAccess, answer: Answer, **more: Any) -> None:
    """Leave it until there is news, or, where a right is lacking, ask seldom."""
    if not isinstance(answer, NotLet):
        _put_off(report, answer.sentence, state=State.FAILED, **more)
        _note_contact(access)
        return
    _put_off(report, answer.sentence, **more)
    until = timezone.now() + SELDOM
    _access_row(access).update(trouble=answer.sentence, failures=0, rest_until=until)


def _note_away(report: ForgeReport, access: ForgeAccess, error: str) -> None:
    """Leave the forge alone for a while, longer each time, or as long as it asks for."""
    until = max(timezone.now() + pause(access.failures + 1), _limit(report))
    _put_off(report, error)
    _access_row(access).update(trouble=error, failures=F("failures") + 1, rest_until=until)


def _limit(report: ForgeReport) -> datetime:
    access = _access(report)
    said = limits.known(access.whose) if access else None
    return datetime.fromtimestamp(said.until if said else 0, UTC)


def _note_fault(report: ForgeReport) -> None:
    """Try again after a while where Shipmate itself failed, though not for ever."""
    over = report.attempts + 1 >= ATTEMPTS
    _put_off(
        report,
        f"Shipmate failed over this; its log names #{report.deployment_id}.",
        None if over else timezone.now() + pause(report.attempts + 1),
        state=State.FAILED if over else State.WAITING,
    )


def _note_contact(access: ForgeAccess) -> None:
    """Note that the forge was reached, though not with each word."""
    now = timezone.now()
    if access.trouble or access.reached_at is None or access.reached_at < now - CONTACT:
        _access_row(access).update(reached_at=now, failures=0, trouble="", rest_until=None)


def _access_row(access: ForgeAccess) -> QuerySet[ForgeAccess]:
    return ForgeAccess.objects.filter(pk=access.pk)
