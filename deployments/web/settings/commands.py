"""The form of what a deployment over SSH does: commands, checks, folders, time-outs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from deployments.models import Environment
from deployments.providers import ssh_settings
from deployments.web.settings.forms import LinesField, area
from deployments.web.settings.named_lines import ParametersField, TasksField
from deployments.web.settings.way_forms import InEnvironment, WayForm, number

EACH = "One command a line"


class CommandsForm(WayForm):
    """The settings of an application."""

    build = LinesField(
        required=False,
        widget=area(3),
        help_text=f"{EACH}; on each host, in the new release, before it goes live.",
    )
    once = LinesField(
        required=False,
        widget=area(2),
        label="Once",
        help_text=f"{EACH}; on one host only, such as a migration of the database.",
    )
    once_role = forms.CharField(
        required=False,
        max_length=63,
        label="… on the first host with the role",
        help_text="Empty: the first of all hosts.",
    )
    restart = LinesField(
        required=False,
        widget=area(2),
        help_text=f"{EACH}; on each host, once the new release is live.",
    )
    check = LinesField(
        required=False,
        widget=area(2),
        help_text=f"{EACH}; each must end with 0, else the deployment has failed.",
    )
    check_url = forms.CharField(
        required=False,
        max_length=500,
        label="Address to check",
        help_text="Must answer with 2xx. {host} stands for the host's address.",
    )
    check_seconds = number("Seconds to wait for it")
    tasks = TasksField()
    parameters = ParametersField()
    shared = LinesField(
        required=False,
        widget=area(2),
        label="Shared paths",
        help_text="Kept from release to release, one a line: log/ is a folder, .env a file.",
    )
    read_only = forms.BooleanField(
        required=False,
        label="Nothing writes to files that came with the code",
        help_text="Releases then share what is the same on the disk. Not where commands or the "
        "app change a file of the repository in place.",
    )
    batch = forms.CharField(
        required=False,
        max_length=8,
        label="Hosts switched at a time",
        help_text="A number, or a share such as 25%. Empty: all at once.",
    )
    first = forms.ChoiceField(
        required=False,
        label="One host before the others",
        choices=[
            ("", "no"),
            ("pause", "yes, then pause"),
            ("health", "yes, then go on if its checks pass"),
        ],
    )
    pause_seconds = forms.IntegerField(
        required=False,
        label="Length of the pause, in seconds",
        help_text="0: until somebody says “go on”.",
    )
    may_fail = forms.CharField(
        required=False,
        max_length=8,
        label="Hosts that may fail",
        help_text="A number or a share; one more stops the rest. Empty: none.",
    )
    roll_back = forms.BooleanField(
        required=False,
        label="Roll back by itself where a host stops the rest",
        help_text="The hosts that have switched return to what succeeded there before.",
    )
    keep = number("Releases to keep")
    total_seconds = number("Longest deployment, in seconds")
    silence_seconds = number("Longest silence, in seconds", "A command that says nothing so long.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for problem in [] if self.errors else ssh_settings.clashes(cleaned):
            self.add_error("first", problem)
        return cleaned

    def clean_pause_seconds(self) -> int:
        return self.cleaned_data["pause_seconds"] or 0

    def judged(self, settings: Mapping[str, Any]) -> list[str]:
        return ssh_settings.problems(settings)


class EnvironmentCommandsForm(InEnvironment, CommandsForm):
    """The same for an environment, where each may differ from its application's."""

    path = forms.CharField(required=False, max_length=500, label="Folder on the hosts")
    alone = ("path",)

    def __init__(self, environment: Environment, data: Any = None, **options: Any) -> None:
        super().__init__(environment, data, **options)
        place = f"~/{environment.application.name}-{environment.name}"
        self.fields["path"].help_text = f"Releases lie in it. Empty: {place}."
        self.fields["path"].widget.attrs["placeholder"] = place

    @property
    def changes(self) -> dict[str, Any]:
        changed = super().changes
        if changed.get("path") == "":
            changed["path"] = None
        return changed
