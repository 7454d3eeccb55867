"""What is asked for an import, and how it is carried from the first step to the second."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from deployments import vault
from deployments.apps_json import names
from deployments.apps_json.reading import LONGEST
from deployments.exceptions import DeploymentError, Invalid
from deployments.models import Person
from deployments.selectors.importing import Given, check_place
from deployments.web.settings.forms import area

KEPT = timedelta(hours=1)
TOO_OLD = "The file that was looked at is no longer at hand. Give it once more."


class ImportForm(forms.Form):
    file = forms.FileField(
        required=False,
        label="The file",
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
        help_text=f"apps.json, as hubot-deploy has it; at most {LONGEST // 1024} kB.",
    )
    text = forms.CharField(
        required=False,
        strip=False,
        label="Or what stands in it",
        widget=area(8, placeholder='{"web": {"repository": "acme/web", "provider": "capistrano"}}'),
    )
    place = forms.CharField(
        label="Where the repositories are",
        initial=names.PLACE,
        max_length=500,
        widget=forms.TextInput(
            attrs={"class": "mono", "spellcheck": "false", "autocapitalize": "none"}
        ),
        help_text="{repository} stands for owner/name: git@git.example.com:{repository}.git.",
    )
    token = forms.CharField(
        required=False,
        max_length=500,
        label="A token that opens them at GitHub",
        widget=forms.PasswordInput(attrs={"class": "mono", "autocomplete": "off"}),
        help_text="Kept encrypted for each repository, never shown again. Without one they are "
        "read by git alone, with the key or .netrc of the user that runs Shipmate.",
    )

    def clean_place(self) -> str:
        place: str = self.cleaned_data["place"]
        try:
            check_place(place)
        except DeploymentError as error:
            raise ValidationError(str(error)) from None
        return place

    def clean_token(self) -> str:
        token: str = self.cleaned_data["token"].strip()
        if token and not re.fullmatch(r"[\x21-\x7e]+", token):
            raise ValidationError("A token is one word of letters, digits and signs.")
        return token

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        has_text = bool((given.get("text") or "").strip())
        if given.get("file") and has_text:
            self.add_error("text", "Give the file or its text, not both.")
        elif not given.get("file") and not has_text and not self.errors:
            self.add_error("file", "Give the file, or paste what stands in it.")
        return given

    @property
    def given(self) -> Given:
        """What was handed over; of a file no more than it takes to refuse one that is too long."""
        said = self.cleaned_data
        data = said["file"].read(LONGEST + 1) if said["file"] else said["text"].encode()
        return Given(data, said["place"], said["token"])

    @property
    def source(self) -> str:
        """The field that the file came by, where what is wrong with it is said."""
        return "file" if self.cleaned_data["file"] else "text"


def sealed(given: Given, person: Person) -> str:
    """Return what was looked at, so that it comes back as it was and nobody can read it: it may
    hold tokens."""
    kept = {
        "by": person.pk,
        "at": timezone.now().timestamp(),
        "data": b64encode(given.data).decode(),
        "place": given.place,
        "token": given.token,
    }
    return vault.encrypt(json.dumps(kept)).decode()


def opened(text: str, person: Person) -> Given:
    """Return what this person looked at within the hour."""
    try:
        kept = json.loads(vault.decrypt(text.encode()))
    except DeploymentError:
        raise Invalid(TOO_OLD) from None
    age = timezone.now().timestamp() - kept["at"]
    if kept["by"] != person.pk or age > KEPT.total_seconds():
        raise Invalid(TOO_OLD)
    return Given(b64decode(kept["data"]), kept["place"], kept["token"])
