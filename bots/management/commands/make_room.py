from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from bots import rooms


class Command(BaseCommand):
    help = "Make a room of the built-in chat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        room = rooms.make(options["slug"], options["name"])
        self.stdout.write(f"#{room} is there.")
