from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand

from deployments.services import shared_keys


class Command(BaseCommand):
    help = "Look whether this machine has the keys of the installation in the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        text = "have this machine's keys be the installation's from now on"
        parser.add_argument("--renew", action="store_true", help=text)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["renew"]:
            shared_keys.renew()
        self.check(tags=[Tags.database], databases=["default"])
        self.stdout.write("This machine's keys are those of the installation.")
