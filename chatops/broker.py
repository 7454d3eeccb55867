"""The queue in the database, as a bell: whoever hears it takes it away, and it rings once.

Kept until a task has ended, as django-q2 does, it would be rung again only hours after a worker
died. The rows know what is to be done, and the sweeper rings anew within seconds.
"""

from __future__ import annotations

import time

from django.db import transaction
from django_q.brokers.orm import ORM
from django_q.conf import Conf

from deployments.durability import redone_if_lost

Bell = tuple[int, str]


class Bells(ORM):  # type: ignore[misc]  # django-q2 has no types
    def dequeue(self) -> list[Bell]:
        """Return the bells that ring longest, those that nobody else has heard."""
        ringing = self.get_connection().filter(key=self.list_key).order_by("pk")
        found: list[Bell] = list(ringing.values_list("pk", "payload")[: Conf.BULK])
        if not found:
            time.sleep(Conf.POLL)
            return []
        with redone_if_lost(), transaction.atomic():
            return [bell for bell in found if ringing.filter(pk=bell[0]).delete()[0]]

    def acknowledge(self, task_id: int) -> None:
        """Do nothing: it is gone already."""
