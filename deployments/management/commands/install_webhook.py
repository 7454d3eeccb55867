from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from deployments.exceptions import DeploymentError
from deployments.models import Application, Delivery, Person, Webhook
from deployments.selectors import webhooks
from deployments.services import hook_checks, hooks
from deployments.webhooks.github.events import WANTED

LOOK_AGAIN = 0.2  # seconds


class Command(BaseCommand):
    help = "Install the webhook of an app's repository at GitHub, and wait for its ping."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("app")
        parser.add_argument(
            "--as", dest="username", required=True, help="whose right it is; stands in the record"
        )
        parser.add_argument("--check", action="store_true", help="change nothing, only look")
        parser.add_argument("--wait", type=float, default=30, help="seconds for the ping")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            app = Application.objects.get(name=options["app"])
            person = Person.objects.get(username=options["username"])
            if options["check"]:
                self._check(app, person)
            else:
                self._install(app, person, options["wait"])
        except DeploymentError as error:
            raise CommandError(str(error)) from None
        except (Application.DoesNotExist, Person.DoesNotExist) as error:
            raise CommandError(f"{error} Look at the name again.") from None

    def _install(self, app: Application, person: Person, patience: float) -> None:
        done = hooks.install(app, person, WANTED, "command")
        what = "Installed" if done.is_new else "Brought up to date"
        self.stdout.write(f"{what} at GitHub: {done.webhook.full_name} tells {hooks.address()}.")
        self.stdout.write("Asked GitHub for a ping …")
        came = self._ping(done.webhook, patience)
        if came is None:
            self._check(app, person)
            raise CommandError(f"No ping came within {patience:g} s.")
        asked = done.webhook.pinged_at or came.received_at
        seconds = (came.received_at - asked).total_seconds()
        self.stdout.write(f"It arrived {seconds:.0f} s later. The webhook works.")

    def _ping(self, webhook: Webhook, patience: float) -> Delivery | None:
        until = time.monotonic() + patience
        while (came := webhooks.ping_since(webhook)) is None and time.monotonic() < until:
            time.sleep(LOOK_AGAIN)
        return came

    def _check(self, app: Application, person: Person) -> None:
        found = hook_checks.check(app, person, WANTED)
        for sentence in found or ["Nothing is amiss with the webhook at GitHub."]:
            self.stdout.write(sentence)
