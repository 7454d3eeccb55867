"""Which form asks for what a deployment does, and the choice among the ways to deploy."""

from __future__ import annotations

from typing import Any

from django import forms

from deployments import providers, rights
from deployments.models import Application, Environment, Person
from deployments.web.settings.clouds import (
    BeanstalkForm,
    EnvironmentBeanstalkForm,
    EnvironmentHerokuForm,
    HerokuForm,
)
from deployments.web.settings.commands import CommandsForm, EnvironmentCommandsForm
from deployments.web.settings.programs import EnvironmentProgramForm, ProgramForm
from deployments.web.settings.way_forms import InEnvironment, WayForm

FORMS: dict[str, tuple[type[WayForm], type[InEnvironment]]] = {
    "ssh": (CommandsForm, EnvironmentCommandsForm),
    "command": (ProgramForm, EnvironmentProgramForm),
    "heroku": (HerokuForm, EnvironmentHerokuForm),
    "beanstalk": (BeanstalkForm, EnvironmentBeanstalkForm),
}


def form_of(application: Application, data: Any = None) -> WayForm:
    return FORMS[application.provider][0](application, data)


def environment_form_of(environment: Environment, data: Any = None) -> InEnvironment:
    return FORMS[environment.application.provider][1](environment, data)


class ChooseForm(forms.Form):
    """A way to deploy; what it begins with is filled in."""

    way = forms.ChoiceField(label="It is deployed by")

    def __init__(
        self, application: Application, person: Person, data: Any = None, **options: Any
    ) -> None:
        now = providers.way_of(application.provider, application.settings)
        super().__init__(data, initial={"way": now.key}, **options)
        may = rights.may(person, "administer")
        offered = [way for way in providers.ways().values() if may or not way.is_trusted]
        choices = {way.key: way.label for way in offered}
        field = self.fields["way"]
        field.choices = list({now.key: now.label, **choices}.items())  # type: ignore[attr-defined]
        only = "" if may else "Administrators also choose programs that run on Shipmate's machine."
        field.help_text = f"{now.note} {only}".strip()
