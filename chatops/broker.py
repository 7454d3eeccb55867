"""The queue in the database, as a bell: whoever hears it takes it away, and it rings once.

Kept until a task has ended, as django-q2 does, it would be rung again only hours after a worker
died. The rows know what is to be done, and the sweeper rings anew within seconds.

Nobody asks again and again whether it rings: who rings wakes who waits. Whoever missed that looks
after `poll` seconds.
"""

from __future__ import annotations

import logging
import os
import select
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.db import Error, connections, transaction
from django_q.brokers.orm import ORM
from django_q.conf import Conf

from chatops.handing import Handing
from deployments.durability import redone_if_lost

Bell = tuple[int, str]
log = logging.getLogger(__name__)


class Bells(ORM):  # type: ignore[misc]  # django-q2 has no types
    """What both databases have in common. A cluster takes a bell only for a worker that is free."""

    workers: Handing | None = None
    is_away = False

    def enqueue(self, task: str) -> int:
        number: int = super().enqueue(task)
        self.wake()
        return number

    def dequeue(self) -> list[Bell]:
        """Return bells that nobody else has heard; none after a while in which none rang."""
        if self.workers is not None and not self.workers.wait(Conf.POLL):
            return []
        try:
            found = self.take()
            if not found:
                self.wait()
        except Error as error:
            self._come_back_later(error)
            return []
        self.is_away = False
        return found

    def acknowledge(self, task_id: int) -> None:
        """Do nothing: it is gone already."""

    def set_stat(self, key: str, value: str, timeout: int) -> None:
        """Keep nothing: the rows of workers tell who lives."""

    def wake(self) -> None:
        """Have somebody who waits look, once this transaction is committed."""
        raise NotImplementedError

    def take(self) -> list[Bell]:
        """Take away the bells that ring longest."""
        raise NotImplementedError

    def wait(self) -> None:
        """Return as soon as one rings that did not at the last look."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop waiting; the next look begins anew."""
        raise NotImplementedError

    def _come_back_later(self, error: Error) -> None:
        if not self.is_away:
            log.warning("The queue of %s is away: %s", self.list_key, error)
        self.is_away = True
        self.close()
        time.sleep(Conf.POLL)


class Piped(Bells):
    """SQLite, where all are on one machine: a byte in a named pipe wakes one of those who wait."""

    pipe: int | None = None

    def wake(self) -> None:
        def write() -> None:
            with suppress(OSError):  # nobody waits, or so many bytes lie there that all will look
                pipe = os.open(self._path(), os.O_WRONLY | os.O_NONBLOCK)
                try:
                    os.write(pipe, b".")
                finally:
                    os.close(pipe)

        transaction.on_commit(write, using=Conf.ORM)

    def take(self) -> list[Bell]:
        self._open()  # before the look, so that nothing rings unheard after it
        ringing = self.get_connection().filter(key=self.list_key).order_by("pk")
        found: list[Bell] = list(ringing.values_list("pk", "payload")[: Conf.BULK])
        if not found:
            return []
        with redone_if_lost(), transaction.atomic():
            return [bell for bell in found if ringing.filter(pk=bell[0]).delete()[0]]

    def wait(self) -> None:
        pipe = self._open()
        select.select([pipe], [], [], Conf.POLL)
        with suppress(BlockingIOError):  # another has read it
            os.read(pipe, 1)

    def close(self) -> None:
        connections[Conf.ORM].close()
        if self.pipe is not None:
            os.close(self.pipe)
        self.pipe = None

    def _open(self) -> int:
        if self.pipe is None:
            self._path().parent.mkdir(mode=0o700, exist_ok=True)
            with suppress(FileExistsError):
                os.mkfifo(self._path(), 0o600)
            # To write, too: else it would be at its end whenever nobody rings.
            self.pipe = os.open(self._path(), os.O_RDWR | os.O_NONBLOCK)
        return self.pipe

    def _path(self) -> Path:
        """Return where the pipe is: not beside the database's files, which are copied together."""
        database = Path(connections[Conf.ORM].settings_dict["NAME"])
        return database.parent / "bells" / f"{database.name}-{self.list_key}"


TAKE = """
DELETE FROM django_q_ormq WHERE id = ANY(ARRAY(
    SELECT id FROM django_q_ormq WHERE key = %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
)) RETURNING id, payload
"""


class Notified(Bells):
    """PostgreSQL, from any machine: a commit that rings wakes by NOTIFY all clusters that wait.

    Each listens on a connection of its own, by which it also takes, in one statement that skips
    what another is just taking.
    """

    own: Any = None

    def wake(self) -> None:
        with connections[Conf.ORM].cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [self._channel()])

    def take(self) -> list[Bell]:
        with self._listening().cursor() as cursor:
            cursor.execute(TAKE, [self.list_key, Conf.BULK])
            return sorted(cursor.fetchall())

    def wait(self) -> None:
        connection = self._listening().connection
        with self.own.wrap_database_errors:
            # What came with the answer to the last look is there already, and on no socket.
            if not list(connection.notifies(timeout=0)):
                select.select([connection], [], [], Conf.POLL)
                list(connection.notifies(timeout=0))

    def _listening(self) -> Any:
        if self.own is None:
            self.own = connections.create_connection(Conf.ORM)
            with self.own.cursor() as cursor:
                # What was taken and is there again after a loss of power is only rung for twice.
                cursor.execute("SET synchronous_commit = off")
                cursor.execute(f'LISTEN "{self._channel()}"')
        return self.own

    def _channel(self) -> str:
        return f"shipmate {self.list_key}"

    def close(self) -> None:
        own, self.own = self.own, None
        if own is not None:
            own.close()
