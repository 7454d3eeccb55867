"""The queue's way in. Each task is given an id, may come twice, and lets no error text out:
what a failed task says is kept by django-q2, where nothing masks it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from deployments.models import Application, Deployment, Environment
from deployments.services import (
    clearing,
    drifts,
    execution,
    pulls,
    refusals,
    tallies,
    telling,
    truth,
)
from deployments.webhooks import handling

log = logging.getLogger(__name__)


def run(number: int) -> None:
    """Carry out the deployment, if it is this worker's to take."""
    with in_silence(number):
        execution.run(number)


def clear(number: int) -> None:
    """Look again whether a pending deployment can go on."""
    with in_silence(number):
        deployment = Deployment.objects.select_related("environment__application__repository").get(
            pk=number
        )
        clearing.clear(deployment)


def look(number: int) -> None:
    """Ask the repository of the application how far its environments are behind."""
    with in_silence(number):
        drifts.look(Application.objects.select_related("repository").get(pk=number))


def look_at_pulls(number: int) -> None:
    """Ask the repository of the application which pull requests are open."""
    with in_silence(number):
        pulls.ask(Application.objects.select_related("repository").get(pk=number))


def hear(number: int) -> None:
    """Ask the hosts of the environment what they run."""
    with in_silence(number):
        truth.hear(Environment.objects.select_related("application").get(pk=number))


def heed(number: int) -> None:
    """Do what a delivery of a webhook says, and what others say that wait."""
    with in_silence(number):
        handling.handle_waiting(number)


def tell(number: int) -> None:
    """Tell the forge how the deployment goes."""
    with in_silence(number):
        telling.tell(number)


def answer(number: int) -> None:
    """Tell the forge why nothing comes of what was created there."""
    with in_silence(number):
        refusals.answer(number)


def recount() -> None:
    """Count anew how deployments went, week by week."""
    tallies.recount()


@contextmanager
def in_silence(number: int) -> Iterator[None]:
    """Log where it failed, without the error's text. The sweeper has it done again."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  the queue would keep the text of any
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("A task for #%s failed: %s\n%s", number, type(error).__name__, where)
