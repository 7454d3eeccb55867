from __future__ import annotations

import os
import stat
import subprocess
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from bots import rooms
from bots.models import Room
from chatops import static, supervision
from chatops.environment import make_private
from deployments.services import shared_keys


class Command(BaseCommand):
    help = "Run web, deploy workers, chat workers and sweeper under one supervisor."
    requires_system_checks = "__all__"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--clusters", type=int, default=2, help="clusters of deploy workers")

    def handle(self, *args: Any, **options: Any) -> None:
        make_private(settings.STATE)
        try:
            supervision.hold(settings.STATE)
        except BlockingIOError:
            text = f"Shipmate runs already on the state folder {settings.STATE}."
            raise CommandError(text) from None
        with _one_machine_at_a_time():
            call_command("migrate", interactive=False, verbosity=0)
            shared_keys.remember()
            self.check(tags=[Tags.database], databases=["default"])
            call_command("createcachetable", verbosity=0)
            if not Room.objects.exists():
                rooms.make("deploys")
        static.collect()
        kept = supervision.programs(
            options["address"], options["port"], clusters=options["clusters"]
        )
        path = supervision.configure(settings.STATE, kept, to_stdout=True)
        _make_stdout_a_file()
        os.chdir(settings.BASE_DIR)  # from where the configuration's paths count
        line = supervision.command(path)
        os.execve(line[0], line, supervision.environment())  # noqa: S606  no shell is meant


@contextmanager
def _one_machine_at_a_time() -> Iterator[None]:
    """Let machines that start at once on one database see to it one after the other."""
    own = connections.create_connection("default")
    try:
        # Asked again and again: an index that is made concurrently waits for every statement
        # that has begun, such as one that waits for this lock.
        while own.vendor == "postgresql" and not _is_first(own):
            time.sleep(0.2)
        yield
    finally:
        own.close()


def _is_first(own: BaseDatabaseWrapper) -> bool:
    with own.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('shipmate starts'))")
        return bool(cursor.fetchone()[0])


def _make_stdout_a_file() -> None:
    """Put a pipe before an output that is a socket, as under systemd: nobody can open that anew."""
    if stat.S_ISSOCK(os.fstat(1).st_mode):
        reading, writing = os.pipe()
        subprocess.Popen(["cat"], stdin=reading)
        os.dup2(writing, 1)
