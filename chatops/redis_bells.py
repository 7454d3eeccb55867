"""Redis as the bell: it keeps no receipt and may be away or lose all it has. The rows do not."""

from __future__ import annotations

import logging
import time
from typing import Any

import redis
from django_q.brokers.redis_broker import Redis
from django_q.conf import Conf
from redis.exceptions import RedisError

from chatops.broker import Bell
from chatops.handing import Handing

CONNECT, ANSWER = 2, 5  # seconds; a request that rings waits no longer
log = logging.getLogger(__name__)


class RedisBells(Redis):  # type: ignore[misc]  # django-q2 has no types
    """As with a database, a cluster takes a bell only for a worker that is free."""

    workers: Handing | None = None
    is_away = False

    @staticmethod
    def get_connection(list_key: str | None = None) -> Any:
        return redis.from_url(Conf.REDIS, socket_connect_timeout=CONNECT, socket_timeout=ANSWER)

    def enqueue(self, task: str) -> int:
        """Ring, if Redis is there; if not, the sweeper rings for the row within seconds."""
        try:
            number: int = super().enqueue(task)
        except RedisError as error:
            log.warning("Redis is away, the sweeper rings again: %s", error)
            return 0
        return number

    def dequeue(self) -> list[Bell]:
        if self.workers is not None and not self.workers.wait(Conf.POLL):
            return []
        try:
            found: list[Bell] = super().dequeue() or []
        except RedisError as error:
            if not self.is_away:
                log.warning("The queue of %s is away: %s", self.list_key, error)
            self.is_away = True
            time.sleep(Conf.POLL)
            return []
        self.is_away = False
        return found

    def queue_size(self) -> int:
        """Return how many bells wait. Raises ConnectionError while nobody can know."""
        try:
            size: int = super().queue_size()
        except RedisError as error:
            raise ConnectionError(str(error)) from None
        return size

    def ping(self) -> bool:
        """Begin in any case; who takes bells asks until Redis is there."""
        return True

    def set_stat(self, key: str, value: str, timeout: int) -> None:
        """Keep nothing: the rows of workers tell who lives."""
