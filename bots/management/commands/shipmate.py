from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bots.portraits import outside
from bots.receive import receive
from bots.rendering import plain
from bots.speaker import Speaker
from deployments.models import Person


class Command(BaseCommand):
    help = 'Say a line to the bot: manage.py shipmate "deploy web to qa" --as ana'

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("line")
        parser.add_argument("--as", dest="name", required=True, help="who says it")

    def handle(self, *args: Any, **options: Any) -> None:
        person = Person.objects.filter(username=options["name"], is_active=True).first()
        if person is None:
            raise CommandError(f"Nobody here signs in as “{options['name']}”.")
        place = f"command:{person.pk}"
        speaker = Speaker(person=person, via="command", place=place, base=outside())
        message = receive(options["line"], speaker)
        self.stdout.write(plain.render(message) if message else "")
        if message is None or message.is_guess or message.state == "refused":
            raise CommandError("Nothing was done.")
