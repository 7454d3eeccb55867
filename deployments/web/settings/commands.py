"""The form of what a deployment over SSH does: commands, checks, folders, time-outs."""

from __future__ import annotations

from typing import Any

from django import forms

from deployments.models import Environment
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
    keep = number("Releases to keep")
    total_seconds = number("Longest deployment, in seconds")
    silence_seconds = number("Longest silence, in seconds", "A command that says nothing so long.")


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
