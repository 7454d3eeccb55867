from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from deployments.exceptions import DeploymentError
from deployments.models import Role
from deployments.services import people


class Command(BaseCommand):
    help = "Add a person, and print a generated password once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="as others know them")
        parser.add_argument("--role", default="", choices=Role.Name.values, help="held everywhere")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person, password = people.add(
                options["username"], None, name=options["name"], role=options["role"]
            )
        except DeploymentError as error:
            raise CommandError(str(error)) from None
        role = f", {options['role']} everywhere" if options["role"] else ""
        self.stderr.write(f"{person} is added{role}. The password, shown only now:")
        self.stdout.write(password)
