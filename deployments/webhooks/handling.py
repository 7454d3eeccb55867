"""A delivery that was kept is handled by a worker: what its event does, and what came of it."""

from __future__ import annotations

import logging
import time
import traceback

from django.db import InterfaceError, OperationalError, transaction

from deployments.durability import redone_if_lost
from deployments.exceptions import RepositoryAway
from deployments.services import deliveries
from deployments.services.deliveries import ATTEMPTS, State
from deployments.webhooks.github import events
from deployments.webhooks.github.payload import NotHandled, Refuted

TURN = 2.0  # seconds in which one worker goes on; people's lines wait for the same workers
BREATH = 0.01  # seconds between two, in which the door may write: GitHub waits for that
log = logging.getLogger(__name__)


def handle_waiting(first: int) -> None:
    """Handle this one and whatever else waits; after a while let others have their turn."""
    number: int | None = first
    until = time.monotonic() + TURN
    while number is not None:
        handle(number)
        time.sleep(BREATH)
        number = deliveries.next_waiting()
        if number is not None and time.monotonic() > until:
            deliveries.ring(number)
            return


def handle(number: int) -> None:
    """Do what a delivery says, once: that, and what came of it, are one transaction.

    A fault of ours is kept with it and not tried for ever; somebody may have it done again.
    """
    delivery = deliveries.take(number)
    if delivery is None:
        return
    if delivery.attempts > ATTEMPTS:
        words = f"{ATTEMPTS} workers died over it. The log of Shipmate may say why."
        deliveries.end(delivery, State.FAILED, words)
        return
    try:
        do = events.read(delivery)  # before the transaction: others wait for the database
        with redone_if_lost(), transaction.atomic():
            if not deliveries.end(delivery, State.HANDLED, do()):
                transaction.set_rollback(True)  # another worker took it over, and has ended it
    except NotHandled as reason:
        deliveries.end(delivery, State.UNHANDLED, str(reason))
    except Refuted as reason:
        deliveries.end(delivery, State.FAILED, str(reason))
    except RepositoryAway as away:
        deliveries.put_off(delivery, away)
    except (InterfaceError, OperationalError):
        raise  # the database may be away for a moment: whoever looks next tries again
    except Exception as error:  # noqa: BLE001  whatever it is, it is told on its page
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("Delivery %s failed: %s\n%s", number, type(error).__name__, where)
        words = f"Shipmate failed over this; its log names delivery {number}."
        deliveries.end(delivery, State.FAILED, words)
