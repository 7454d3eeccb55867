from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from deployments.exceptions import DeploymentError
from deployments.models import Host, Person
from deployments.services import hosts


class Command(BaseCommand):
    help = "Look at the key that a host shows, and accept it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("host")
        parser.add_argument(
            "--as", dest="username", required=True, help="whose right it is; stands in the record"
        )
        parser.add_argument("--fingerprint", help="accept this one, SHA256:…, without asking")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._accept(options["host"], options["username"], options["fingerprint"])
        except DeploymentError as error:
            raise CommandError(str(error)) from None
        except (Host.DoesNotExist, Person.DoesNotExist) as error:
            raise CommandError(f"{error} Look at the name again.") from None

    def _accept(self, name: str, username: str, expected: str | None) -> None:
        host = Host.objects.get(name=name)
        person = Person.objects.get(username=username)
        hosts.require(person, "force", host)
        key = hosts.scan(host, person)
        self.stdout.write(f"{host} shows {key.fingerprint} ({key.line.split()[0]}).")
        if not self._agreed(key.fingerprint, expected):
            raise CommandError("Nothing was accepted.")
        hosts.accept_key(host, key.line, person, via="command")
        self.stdout.write(f"Accepted by {person}.")

    def _agreed(self, shown: str, expected: str | None) -> bool:
        if expected is not None:
            return shown == expected
        return input("Compare it on the host. Accept it? (yes/no) ").strip().lower() == "yes"
