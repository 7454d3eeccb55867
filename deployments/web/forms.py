"""What people fill in on the dashboard."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.http import QueryDict


class DeployForm(forms.Form):
    """What to deploy, on which hosts, and why. All hosts is the same as none named."""

    ref = forms.CharField(required=False, max_length=255)
    hosts = forms.MultipleChoiceField(
        required=False,
        error_messages={"invalid_choice": "There is no host “%(value)s” in this environment."},
    )
    why = forms.CharField(required=False, max_length=500)

    def __init__(self, data: QueryDict | None, hosts: Sequence[str]) -> None:
        super().__init__(data)
        self.asked = data.getlist("hosts") if data else []
        self.names = list(hosts)
        self.fields["hosts"].choices = [(name, name) for name in hosts]  # type: ignore[attr-defined]

    def clean_hosts(self) -> list[str]:
        asked: list[str] = self.cleaned_data["hosts"]
        return [] if set(asked) == set(self.names) else asked

    @property
    def ticked(self) -> list[tuple[str, bool]]:
        """Return each host and whether it is asked for; nothing asked for is all."""
        return [(name, not self.asked or name in self.asked) for name in self.names]

    @property
    def problems(self) -> list[str]:
        return [str(text) for texts in self.errors.values() for text in texts]
