"""What people fill in on the dashboard."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django import forms
from django.http import QueryDict

from deployments.providers.contract import RELEASE


class DeployForm(forms.Form):
    """What to deploy, on which hosts, and why. All hosts is the same as none named."""

    ref = forms.CharField(required=False, max_length=255)
    hosts = forms.MultipleChoiceField(
        required=False,
        error_messages={"invalid_choice": "There is no host “%(value)s” in this environment."},
    )
    why = forms.CharField(required=False, max_length=500)
    task = forms.CharField(required=False, max_length=63)

    def __init__(
        self,
        data: QueryDict | None,
        hosts: Sequence[str],
        tasks: Collection[str] = (),
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data)
        self.tasks = sorted(tasks)
        self.declared = dict(parameters or {})
        self.asked = data.getlist("hosts") if data else []
        self.names = list(hosts)
        self.fields["hosts"].choices = [(name, name) for name in hosts]  # type: ignore[attr-defined]

    def clean_hosts(self) -> list[str]:
        asked: list[str] = self.cleaned_data["hosts"]
        return [] if set(asked) == set(self.names) else asked

    def clean_task(self) -> str:
        return self.cleaned_data["task"] or RELEASE

    @property
    def given(self) -> dict[str, str]:
        """Return the parameters that were filled in."""
        return {name: value for name, _, value in self.parameters if value}

    @property
    def parameters(self) -> list[tuple[str, str, str]]:
        """Return name, pattern and what was filled in, of each parameter that the app declares."""
        return [
            (name, pattern, self.data.get(f"parameter-{name}", "").strip())
            for name, pattern in self.declared.items()
        ]

    @property
    def is_task(self) -> bool:
        return self.data.get("task", RELEASE) not in ("", RELEASE)

    @property
    def ticked(self) -> list[tuple[str, bool]]:
        """Return each host and whether it is asked for; nothing asked for is all."""
        return [(name, not self.asked or name in self.asked) for name in self.names]

    @property
    def problems(self) -> list[str]:
        return [str(text) for texts in self.errors.values() for text in texts]
