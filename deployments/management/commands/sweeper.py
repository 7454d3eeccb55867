from __future__ import annotations

import itertools
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from deployments import sweeper
from deployments.services import workers


class Command(BaseCommand):
    help = "Find what was lost, every two seconds, until told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        heart = workers.Heart("sweeper", patience=sweeper.STANDSTILL)
        heart.beat()
        heart.start()
        calm = sweeper.Calm()
        for turn in itertools.count():
            heart.moves()
            settled = calm.seconds() > sweeper.SETTLED
            sweeper.sweep_safely(settled=settled, whole=turn % sweeper.SELDOM == 0)
            if stop.wait(sweeper.PAUSE):
                break
