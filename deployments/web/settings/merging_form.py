"""The switch of an app that has its default branch merged into branches that are deployed."""

from __future__ import annotations

from typing import Any

from django import forms

from deployments.models import Application


class AutoMergeForm(forms.Form):
    auto_merge = forms.BooleanField(
        required=False,
        label="Merge the default branch into a branch before it is deployed",
        help_text=(
            "Where the branch lacks some of it. Shipmate then writes to the repository: the merge"
            " is pushed to the branch and stays there, whatever becomes of the deployment, and"
            " whoever may deploy can have it made. What is deployed is the merge commit, once the"
            " checks that its environment asks for have passed. Never for tags, commits, pull"
            " requests, retries and rollbacks."
        ),
    )

    def __init__(self, application: Application, data: Any = None, **options: Any) -> None:
        super().__init__(data, initial={"auto_merge": application.auto_merge}, **options)
