"""/settings/tokens/: one's own keys for scripts; for administrators everybody's."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from deployments import rights
from deployments.exceptions import NotAllowed
from deployments.models import ApiToken, Application, Person
from deployments.selectors import lookup
from deployments.selectors import tokens as keys
from deployments.services import tokens
from deployments.web.doors import person_of
from deployments.web.settings.pages import done, page, show

USUAL = [ApiToken.Scope.READ, ApiToken.Scope.DEPLOY]
LIVES = [("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("never", "never")]


class TokenForm(forms.Form):
    """What a token is for: what it may, where, for how long."""

    name = forms.CharField(
        max_length=tokens.LONGEST_NAME, help_text="What uses it, such as “nightly build”."
    )
    days = forms.ChoiceField(choices=LIVES, initial="90", label="Ends after")
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, f"{scope.value}: {scope.label}") for scope in ApiToken.Scope],
        initial=USUAL,
        widget=forms.CheckboxSelectMultiple,
        label="May",
    )
    applications = forms.ModelMultipleChoiceField(
        Application.objects.none(),
        to_field_name="name",
        required=False,
        label="Only in these apps",
        help_text="None chosen: in all. With Ctrl or ⌘ several are chosen.",
    )

    in_addresses = forms.BooleanField(
        required=False,
        label="May stand in an address",
        help_text=(
            "For old programs, such as hubot-deploy, that can only write it into the addresses "
            "below /api/v3/. Proxies may keep addresses, so it is for the apps chosen above."
        ),
    )

    def __init__(self, person: Person, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"auto_id": "token_%s", **options})
        seen = lookup.applications_for(person)
        self.fields["applications"].queryset = seen  # type: ignore[attr-defined]
        self.fields["applications"].widget.attrs["size"] = 5
        if rights.may(person, "administer"):
            others = Person.objects.filter(is_active=True).exclude(pk=person.pk)
            self.fields["speaks_for"].queryset = others.order_by("username")  # type: ignore[attr-defined]
        else:
            del self.fields["speaks_for"]

    speaks_for = forms.ModelChoiceField(
        Person.objects.none(),
        to_field_name="username",
        required=False,
        empty_label="yourself",
        label="Speaks for",
        help_text="What is done by it is done in this person's name, with this person's rights.",
    )
    field_order = ("name", "days", "speaks_for", "scopes", "applications", "in_addresses")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("in_addresses") and not given.get("applications"):
            self.add_error("applications", tokens.NEEDS_APPS)
        return given


@require_safe
@page
def index(request: HttpRequest) -> HttpResponse:
    return _shown(request)


@require_POST
@page
def make(request: HttpRequest) -> HttpResponse:
    """Make a token and show its text, this once: only its hash is kept."""
    person = person_of(request)
    if refusal := tokens.refusal(person):
        raise NotAllowed(refusal)
    form = TokenForm(person, request.POST)
    if not form.is_valid():
        return _shown(request, form=form)
    given = dict(form.cleaned_data)
    token, text = tokens.make(
        given.get("speaks_for") or person,
        given["name"],
        by=person,
        scopes=given["scopes"],
        applications=list(given["applications"]),
        days=int(given["days"]) if given["days"].isdecimal() else None,
        in_addresses=given["in_addresses"],
    )
    return _shown(request, made=token, text=text)


@require_POST
@page
def revoke(request: HttpRequest, token: int) -> HttpResponse:
    person = person_of(request)
    found = keys.token_for(person, token)
    tokens.revoke(found, by=person)
    return done(request, f"{found} is of no use any more.", "tokens-settings")


def _shown(request: HttpRequest, **more: Any) -> HttpResponse:
    person = person_of(request)
    own = keys.own(person)
    context = {
        "form": TokenForm(person),
        "tokens": [key for key in own if not key.token.ended],
        "ended": [key for key in own if key.token.ended],
        "others": keys.others(person),
        "refusal": tokens.refusal(person),
    }
    return show(request, "tokens.html", {**context, **more})
