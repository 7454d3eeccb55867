"""The form of what a program on the worker's machine is called with."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from deployments.providers.command_lines import PLACEHOLDERS
from deployments.web.settings.forms import LinesField, area, said
from deployments.web.settings.named_lines import ParametersField, TasksField, VariablesField
from deployments.web.settings.way_forms import InEnvironment, WayForm, number

STAND = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)


def line(placeholder: str) -> forms.TextInput:
    return forms.TextInput(
        attrs={"class": "mono", "spellcheck": "false", "placeholder": placeholder}
    )


class ProgramForm(WayForm):
    """The settings of an application."""

    needed: ClassVar[dict[str, Any]] = {"command": "true"}

    before = LinesField(
        required=False,
        widget=area(2, placeholder="bundle install"),
        label="First",
        help_text="One program with its arguments a line, such as what fetches the tools.",
    )
    command = forms.CharField(
        max_length=2_000,
        widget=line("bundle exec cap {environment} deploy"),
        label="What deploys",
        help_text=f"A program and its arguments, in a checkout of the commit. No shell reads it. "
        f"What stands for something: {STAND}.",
    )
    rollback = forms.CharField(
        required=False,
        max_length=2_000,
        widget=line(""),
        label="What goes back",
        help_text="Empty: the same as deploys, with the former commit. Without {sha} or {ref} in "
        "it, it is for going back by one release.",
    )
    tasks = TasksField()
    variables = VariablesField()
    parameters = ParametersField()
    revision = forms.CharField(
        required=False,
        max_length=500,
        widget=line("~/shop/current/REVISION"),
        label="File on the hosts that says what runs",
        help_text="Hosts that are placed are asked for the commit in it. Empty: they are not.",
    )
    agent = forms.BooleanField(
        required=False,
        label="With an SSH agent that has the environment's key",
        help_text="For recipes that hand one on (forward_agent): hosts then fetch code with it. "
        "Whoever is root on a host can use the key meanwhile.",
    )
    total_seconds = number("Longest deployment, in seconds")
    silence_seconds = number("Longest silence, in seconds", "A program that says nothing so long.")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "tasks" not in getattr(self, "own", ()):
            self.fields["tasks"].help_text = said(
                "NAME: PROGRAM, one a line; “deploy:NAME” runs it, with its arguments."
            )
        self.fields["tasks"].widget.attrs["placeholder"] = "check: cap {environment} deploy:check"


class EnvironmentProgramForm(InEnvironment, ProgramForm):
    """The same for an environment, where each may differ from its application's."""
