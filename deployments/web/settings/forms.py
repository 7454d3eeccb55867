"""The fields of the settings pages. What is wrong is said in words, at the field."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.functional import lazy

from deployments import lines, rights
from deployments.exceptions import DeploymentError
from deployments.models import Application, Environment, Host, Person, Role
from deployments.models.application import check_reserved
from deployments.models.names import slug, variable
from deployments.selectors import repositories
from deployments.selectors.repositories import Opening
from deployments.services.applications import check_name

LONGEST_CONTEXT = 255
APP_AND_KEY = "The id of an App and its private key (.pem) belong together; a token needs no id."
said = lazy(lines.spoken, str)  # settings are read when used


class WriteOnlyArea(forms.Textarea):
    """Takes a text and never shows one, not even the one just sent."""

    def format_value(self, value: Any) -> None:
        return None


class LinesField(forms.Field):
    """Several values, one a line."""

    widget: type[forms.Widget] | forms.Widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        lines = value if isinstance(value, list) else str(value or "").splitlines()
        return [line.rstrip() for line in lines if line.strip()]


class WordsField(LinesField):
    """Several names, with commas or spaces between them."""

    widget = forms.TextInput

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        words = value if isinstance(value, list) else str(value or "").replace(",", " ").split()
        return list(dict.fromkeys(words))

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        for word in value:
            try:
                slug(word)
            except ValidationError as error:
                raise ValidationError(f"“{word}”: {error.message}") from None


def area(rows: int, **attributes: str) -> forms.Textarea:
    return forms.Textarea(
        attrs={"rows": rows, "class": "mono", "spellcheck": "false", **attributes}
    )


class RepositoryForm(forms.Form):
    location = forms.CharField(
        label="Repository",
        max_length=500,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
        help_text="https://host/path, ssh://git@host/path, git@host:path, or a local path.",
    )

    forge = forms.ChoiceField(
        label="Read by",
        required=False,  # unsaid: as it was
        choices=[("local", "git alone"), ("github", "GitHub, or GitHub Enterprise")],
        initial="local",
        help_text="GitHub also gives what checks say, and pull requests as #12.",
    )
    app = forms.CharField(
        label="Id of a GitHub App",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off"}),
        help_text="Empty where a token opens the repository.",
    )
    secret = forms.CharField(
        label="Token, or the App’s private key",
        required=False,
        max_length=20_000,
        widget=WriteOnlyArea(
            attrs={"rows": 2, "class": "mono", "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text="For GitHub. Kept encrypted, never shown again.",
    )

    def clean_secret(self) -> str:
        secret: str = self.cleaned_data["secret"].replace("\r\n", "\n").strip()
        is_key = secret.startswith("-----BEGIN")
        if secret and not is_key and not re.fullmatch(r"[\x21-\x7e]+", secret):
            raise ValidationError("A token is one word of letters, digits and signs.")
        return secret

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "location" in given and "forge" in given:
            try:
                given["location"] = repositories.spelled(given["location"], given["forge"])
            except DeploymentError as error:
                self.add_error("location", str(error))
        if given.get("forge") == "local" and given.get("secret"):
            self.add_error("secret", "Git alone takes no token: choose GitHub, or leave it empty.")
        secret, app = given.get("secret", ""), given.get("app", "")
        if (secret or app) and secret.startswith("-----BEGIN") != bool(app):
            self.add_error("app", APP_AND_KEY)
        return given

    @property
    def opening(self) -> Opening:
        """How it is read, as it was filled in."""
        given = self.cleaned_data
        return Opening(given["forge"], given["app"], given["secret"])


class NewApplicationForm(RepositoryForm):
    name = forms.CharField(
        max_length=63,
        validators=[slug, check_reserved],
        help_text="Short, as people will say it in chat: web, api, shop.",
        widget=forms.TextInput(attrs={"autocapitalize": "none"}),
    )
    field_order = ("name", "location", "forge", "app", "secret")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        try:
            check_name(name)
        except DeploymentError as error:
            raise ValidationError(str(error)) from None
        if Application.objects.filter(name=name).exists():
            raise ValidationError(f"There is an app called “{name}” already.")
        return name


class DefaultEnvironmentForm(forms.Form):
    default_environment = forms.ChoiceField(
        required=False, help_text=said("Where “deploy web” goes when no environment is named.")
    )

    def __init__(self, application: Application, data: Any = None, **options: Any) -> None:
        initial = {"default_environment": application.default_environment}
        super().__init__(data, initial=initial, **options)
        names = [(e.name, e.name) for e in application.environments.all()]
        field = self.fields["default_environment"]
        field.choices = [("", "none: people name it"), *names]  # type: ignore[attr-defined]


def url_field(help_text: str) -> forms.URLField:
    return forms.URLField(
        label="Address", required=False, assume_scheme="https", help_text=help_text
    )


class NewEnvironmentForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable
    url = url_field("Where people see it, such as https://shop.example.com.")

    class Meta:
        model = Environment
        fields = ("name", "url", "production")
        labels = {"production": "This is production"}
        help_texts = {"name": "Such as staging or production."}

    def __init__(self, application: Application, data: Any = None, **options: Any) -> None:
        super().__init__(data, instance=Environment(application=application), **options)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        app = self.instance.application
        if app.environments.filter(name=name).exists():
            raise ValidationError(f"{app} has an environment “{name}” already.")
        return name


class EnvironmentForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable
    url = url_field("Where people see it.")
    aliases = WordsField(
        required=False, label="Also called", help_text="Other names for it in chat: prod, live."
    )

    required_contexts = LinesField(
        required=False,
        widget=area(2, placeholder="ci/test"),
        label="These checks",
        help_text="One a line, as they report themselves. One that did not report has not passed.",
    )

    class Meta:
        model = Environment
        fields = (
            "url",
            "aliases",
            "deploys",
            "position",
            "production",
            "checks",
            "required_contexts",
        )
        labels = {
            "checks": "A commit must have passed",
            "production": "This is production",
            "deploys": "Who deploys here",
            "position": "Place in the order of promotion",
        }
        help_texts = {
            "deploys": "They, and those with a higher role.",
            "position": "0 comes first.",
            "checks": said(
                "Maintainers may go past them with “deploy!”; it is remembered for ever."
            ),
        }

    def clean_required_contexts(self) -> list[str]:
        names = list(dict.fromkeys(name.strip() for name in self.cleaned_data["required_contexts"]))
        if long := next((name for name in names if len(name) > LONGEST_CONTEXT), ""):
            raise ValidationError(f"“{long[:40]}…” is longer than {LONGEST_CONTEXT} letters.")
        return names

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("checks") == "named" and not cleaned.get("required_contexts"):
            self.add_error("required_contexts", "Name at least one check.")
        return cleaned


class HostForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable
    """Where a host is; its name stays, because logs speak of it."""

    class Meta:
        model = Host
        fields: tuple[str, ...] = ("address", "port", "user")
        labels = {"user": "Login name"}
        help_texts = {
            "address": "A host name or an IP address.",
            "user": "Whoever owns the folder that is deployed to; not root.",
        }


class NewHostForm(HostForm):
    class Meta(HostForm.Meta):
        fields = ("name", *HostForm.Meta.fields)
        help_texts = {**HostForm.Meta.help_texts, "name": "As people say it: web-1."}


class PlaceForm(forms.Form):
    host = forms.ModelChoiceField(Host.objects.none(), empty_label="Choose a host")
    roles = WordsField(required=False, help_text="What it does here: web, worker, db.")

    def __init__(self, free: QuerySet[Host], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["host"].queryset = free  # type: ignore[attr-defined]


class NewPlacedHostForm(NewHostForm):
    roles = WordsField(required=False, help_text="What it does here: web, worker, db.")


class KeyForm(forms.Form):
    private = forms.CharField(
        label="Private key",
        strip=False,
        max_length=20_000,
        widget=WriteOnlyArea(
            attrs={
                "rows": 4,
                "class": "mono",
                "autocomplete": "off",
                "spellcheck": "false",
                "placeholder": "-----BEGIN OPENSSH PRIVATE KEY-----",
            }
        ),
        help_text="Without a passphrase. It is kept encrypted and never shown again.",
    )


class SecretForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        validators=[variable],
        widget=forms.TextInput(attrs={"class": "mono", "autocapitalize": "none"}),
        help_text="Commands get it as an environment variable of this name.",
    )
    value = forms.CharField(
        strip=False,
        widget=WriteOnlyArea(
            attrs={"rows": 2, "class": "mono", "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text="Kept encrypted, masked in logs, never shown again.",
    )

    def clean_value(self) -> str:
        """Undo what a textarea does to lines, and the line's end that copying often brings."""
        value: str = self.cleaned_data["value"]
        return value.replace("\r\n", "\n").strip("\n")


class NewPersonForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable
    password = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Leave it empty: Shipmate makes one and shows it once.",
    )
    role = forms.ChoiceField(
        choices=[("", "none yet"), *Role.Name.choices],
        required=False,
        label="Role everywhere",
        help_text="For one app or environment only, give it on the next page.",
    )
    robot = forms.BooleanField(
        required=False,
        label="A robot, such as a build",
        help_text="It has no password and signs in nowhere. Make its tokens under Tokens.",
    )
    field_order = ("username", "name", "role", "password", "robot")

    class Meta:
        model = Person
        fields = ("username", "name")
        help_texts = {"username": "For signing in, and in chat.", "name": "As others know them."}


class RoleForm(forms.Form):
    """A role and where it holds; only places that `by` may give roles for."""

    role = forms.ChoiceField(choices=Role.Name.choices)
    scope = forms.ChoiceField(label="Where")

    def __init__(self, by: Person, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.scopes = scopes_of(by)
        choices = [(key, str(scope or "everywhere")) for key, scope in self.scopes.items()]
        self.fields["scope"].choices = choices  # type: ignore[attr-defined]

    @property
    def chosen(self) -> rights.Scope:
        return self.scopes[self.cleaned_data["scope"]]


def scopes_of(by: Person) -> dict[str, rights.Scope]:
    """Return what `by` may give roles for, by the key that stands in the form."""
    applications = Application.objects.all()
    environments = Environment.objects.select_related("application")
    everywhere = rights.may(by, "administer")
    if not everywhere:
        held = by.roles.filter(name=rights.LEAST["administer"])
        applications = applications.filter(role__in=held)
        environments = environments.filter(Q(application__in=applications) | Q(role__in=held))
    found: dict[str, rights.Scope] = {"everywhere": None} if everywhere else {}
    found.update({f"app-{app.pk}": app for app in applications})
    found.update({f"environment-{each.pk}": each for each in environments.distinct()})
    return found


@cache
def time_zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones())]


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable
    time_zone = forms.ChoiceField(choices=time_zones, help_text="Pages show times in it.")

    class Meta:
        model = Person
        fields = ("name", "time_zone")
        help_texts = {"name": "As others see you; empty: your username."}


class ThemeForm(forms.Form):
    theme = forms.ChoiceField(
        required=False,
        choices=[("", "As the system"), ("light", "Light"), ("dark", "Dark")],
        help_text="In this browser. The key at the top of each page does the same.",
    )
