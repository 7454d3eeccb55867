"""A delivery that was kept is handled by a worker: what its event does, and what came of it."""

from __future__ import annotations

import logging
import traceback

from django.db import InterfaceError, OperationalError, transaction

from deployments.models import Delivery
from deployments.services import deliveries
from deployments.services.deliveries import ATTEMPTS, State
from deployments.webhooks.github import events
from deployments.webhooks.github.payload import NotHandled

log = logging.getLogger(__name__)


def handle(delivery: Delivery) -> None:
    """Do what it says, once: that, and what came of it, are one transaction.

    A fault of ours is kept with it and not tried for ever; somebody may have it done again.
    """
    if not deliveries.take(delivery):
        return
    delivery.refresh_from_db(fields=["attempts", "again"])
    if delivery.attempts > ATTEMPTS:
        words = f"{ATTEMPTS} workers died over it. The log of Shipmate may say why."
        deliveries.end(delivery, State.FAILED, words)
        return
    try:
        with transaction.atomic():
            deliveries.end(delivery, *_outcome(delivery))
    except (InterfaceError, OperationalError):
        raise  # the database may be away for a moment: whoever looks next tries again
    except Exception as error:  # noqa: BLE001  whatever it is, it is told on its page
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("Delivery %s failed: %s\n%s", delivery.pk, type(error).__name__, where)
        words = f"Shipmate failed over this; its log names delivery {delivery.pk}."
        deliveries.end(delivery, State.FAILED, words)


def _outcome(delivery: Delivery) -> tuple[State, str]:
    try:
        return State.HANDLED, events.do(delivery)
    except NotHandled as reason:
        return State.UNHANDLED, str(reason)
