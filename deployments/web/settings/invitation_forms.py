"""What an administrator says of an invitation, and what the one who is invited says."""

from __future__ import annotations

from typing import Any

from django import forms

from deployments.models import Person
from deployments.services.invitations import LONGEST_DAYS
from deployments.web.settings.forms import RoleForm, time_zones


class InviteForm(RoleForm):
    """A role, where it holds, for whom, and for how long the link is good."""

    note = forms.CharField(
        label="For whom", required=False, max_length=120, help_text="You and the record know then."
    )
    days = forms.TypedChoiceField(
        label="Good for",
        coerce=int,
        initial=3,
        choices=[(1, "1 day"), (3, "3 days"), (7, "7 days"), (LONGEST_DAYS, "30 days")],
    )

    def __init__(self, by: Person, *args: Any, **options: Any) -> None:
        super().__init__(by, *args, **options)
        self.initial.setdefault("role", "deployer")


class AcceptForm(forms.Form):
    """Who somebody is, and how they will sign in."""

    username = forms.CharField(
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        help_text="For signing in, and in chat.",
    )
    name = forms.CharField(
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text="As others know you.",
    )
    time_zone = forms.ChoiceField(choices=time_zones, help_text="Pages show times in it.")
    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 8 characters; a few words that nobody would guess are best.",
    )
    again = forms.CharField(
        label="The password again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password", again):
            raise forms.ValidationError("The two passwords differ.")
        return again
