"""The form of what a deployment does: commands, checks, folders, time-outs.

Only what a person changed is written, compared with what the page showed them: what somebody else
changed meanwhile stays, and an environment goes on following its application.
"""

from __future__ import annotations

from typing import Any

from django import forms

from deployments.models import Application, Environment
from deployments.providers import ssh_settings
from deployments.services.ledger import words
from deployments.web.settings.forms import LinesField, area
from deployments.web.settings.named_lines import ParametersField, TasksField

EACH = "One command a line"


def _number(label: str, help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text)


class CommandsForm(forms.Form):
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
    check_seconds = _number("Seconds to wait for it")
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
    keep = _number("Releases to keep")
    total_seconds = _number("Longest deployment, in seconds")
    silence_seconds = _number("Longest silence, in seconds", "A command that says nothing so long.")

    def __init__(self, application: Application, data: Any = None, **options: Any) -> None:
        initial = ssh_settings.whole(application.settings)
        super().__init__(data, initial=initial, **options)
        self._remember_what_was_shown()

    def _remember_what_was_shown(self) -> None:
        for field in self.fields.values():
            field.show_hidden_initial = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for key in list(cleaned):
            for problem in ssh_settings.problems({key: cleaned[key]}) if key in SETTINGS else []:
                self.add_error(key, problem)
        return cleaned

    @property
    def changes(self) -> dict[str, Any]:
        """What was changed on the page."""
        return {key: self.cleaned_data[key] for key in self.changed_data if key in SETTINGS}


SETTINGS = frozenset(ssh_settings.DEFAULTS)


class EnvironmentCommandsForm(CommandsForm):
    """The same for an environment, where each may differ from its application's."""

    path = forms.CharField(required=False, max_length=500, label="Folder on the hosts")
    follow = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="From now on as the app says"
    )

    def __init__(self, environment: Environment, data: Any = None, **options: Any) -> None:
        super().__init__(environment.application, data, **options)
        self.own = [key for key in self.fields if key in environment.settings and key != "path"]
        self.initial = ssh_settings.whole(environment.effective_settings)
        app, place = environment.application, f"~/{environment.application.name}-{environment.name}"
        self.fields["path"].help_text = f"Releases lie in it. Empty: {place}."
        self.fields["path"].widget.attrs["placeholder"] = place
        theirs = ssh_settings.whole(app.settings)
        for key in self.own:
            said = words(theirs[key]) or "nothing"
            self.fields[key].help_text = f"Its own here; {app} says: {said[:200]}"
        self._offer_to_follow()

    def _offer_to_follow(self) -> None:
        if not self.own:
            del self.fields["follow"]
            return
        field = self.fields["follow"]
        field.show_hidden_initial = False
        choices = [(key, self.fields[key].label or key.capitalize()) for key in self.own]
        field.choices = choices  # type: ignore[attr-defined]

    @property
    def changes(self) -> dict[str, Any]:
        changed = {**super().changes, **dict.fromkeys(self.cleaned_data.get("follow", []))}
        if changed.get("path") == "":
            changed["path"] = None
        return changed
