"""What the forms of all ways to deploy have in common.

Only what a person changed is written, compared with what the page showed them: what somebody else
changed meanwhile stays, and an environment goes on following its application.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from deployments import providers
from deployments.models import Application, Environment
from deployments.services.applications import defaults_of
from deployments.services.ledger import words


def number(label: str, help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text)


class WayForm(forms.Form):
    """The settings of an application, as its provider knows them."""

    # What lets the provider judge one setting by itself.
    needed: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, application: Application, data: Any = None, **options: Any) -> None:
        self.provider = providers.provider(application.provider)
        self.known = defaults_of(application)
        super().__init__(data, initial=self._whole(application.settings), **options)
        for field in self.fields.values():
            field.show_hidden_initial = True

    def _whole(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        return {name: settings.get(name, usual) for name, usual in self.known.items()}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for key in list(cleaned):
            asked = {**self.needed, key: cleaned[key]}
            for problem in self.judged(asked) if key in self.known else []:
                self.add_error(key, problem)
        return cleaned

    def judged(self, settings: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with one setting by itself."""
        return self.provider.validate(settings)

    @property
    def changes(self) -> dict[str, Any]:
        """What was changed on the page."""
        return {key: self.cleaned_data[key] for key in self.changed_data if key in self.known}


class InEnvironment(WayForm):
    """The same of an environment, which says what it has of its own."""

    alone: ClassVar[tuple[str, ...]] = ()  # settings that its application has not
    follow = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="From now on as the app says"
    )

    def __init__(self, environment: Environment, data: Any = None, **options: Any) -> None:
        app = environment.application
        super().__init__(app, data, **options)
        own = environment.settings
        self.own = [key for key in self.fields if key in own and key not in self.alone]
        self.initial = self._whole(environment.effective_settings)
        theirs = self._whole(app.settings)
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
        return {**super().changes, **dict.fromkeys(self.cleaned_data.get("follow", []))}
