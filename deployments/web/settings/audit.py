"""/settings/audit/: one list of what was changed, and its export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from deployments import changes, rights
from deployments.models import Change, Person
from deployments.selectors import audit, lookup
from deployments.selectors.audit import Asked
from deployments.web import table
from deployments.web.doors import person_of
from deployments.web.settings.pages import page, show
from deployments.web.streaming import streamed

HEAD = ("at", "person", "via", "verb", "app", "environment", "deployment", "subject",
        "old", "new", "note")  # fmt: skip


LABEL_AND_FIELD = "deployments/settings/_parts/filter_field.html"


class AuditForm(forms.Form):
    """What is asked for; it stands in the address, so that it can be shared."""

    q = forms.CharField(label="Text", required=False, max_length=200)
    who = forms.CharField(required=False, max_length=150, label="Who, or about whom")
    kind = forms.ChoiceField(
        required=False,
        choices=[("", "everything"), *((kind, kind) for kind in audit.KINDS)],
        label="What",
    )
    app = forms.CharField(required=False, max_length=63)
    environment = forms.CharField(required=False, max_length=63)
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for asked in self.fields.values():  # that each may stay empty goes without saying
            setattr(asked, "template_name", LABEL_AND_FIELD)  # noqa: B010  its type lacks it

    @property
    def asked(self) -> Asked:
        """Return what is asked for; a field that makes no sense is as good as empty."""
        self.full_clean()
        given = self.cleaned_data
        return Asked(
            text=given.get("q", ""),
            who=given.get("who", ""),
            kind=given.get("kind", ""),
            application=given.get("app", ""),
            environment=given.get("environment", ""),
            since=given.get("since"),
            until=given.get("until"),
        )


@require_safe
@page
def index(request: HttpRequest) -> HttpResponse:
    """Show a page of what was changed."""
    person = person_of(request)
    form = AuditForm(request.GET)
    found = audit.page(audit.search(person, form.asked), _before(request))
    kept = {key: value for key, value in request.GET.items() if key != "before" and value}
    context: dict[str, Any] = {
        "form": form,
        "found": found,
        "filtered": bool(kept),
        "kept": kept,
        "older": f"?{urlencode({**kept, 'before': found.older})}" if found.older else "",
        "paged": "before" in request.GET,
        "newest": f"?{urlencode(kept)}",
        "may_export": rights.may(person, "administer"),
        "who": rights.who_may("administer"),
        "apps": lookup.applications_for(person).values_list("name", flat=True),
        "usernames": Person.objects.order_by("username").values_list("username", flat=True),
    }
    return show(request, "audit.html", context)


@require_POST
@page
def export(request: HttpRequest) -> HttpResponseBase:
    """Send what was asked for as CSV, and remember that it was taken along."""
    person = person_of(request)
    rights.require(person, "administer", doing="export the audit of")
    asked = AuditForm(request.POST).asked
    found = audit.search(person, asked)
    with transaction.atomic():
        changes.record("audit.exported", person=person, via="web", subject=_words(request))
    answer = streamed(request, _lines(found), "text/csv")
    answer["Content-Disposition"] = 'attachment; filename="shipmate-audit.csv"'
    return answer


def _lines(found: QuerySet[Change]) -> Iterator[str]:
    yield table.line(HEAD)
    for change in audit.pieces(found):
        yield table.line(_row(change))


def _row(change: Change) -> list[str]:
    return [
        change.at.isoformat(timespec="seconds"),
        change.person.username if change.person else "",
        change.via,
        change.verb,
        change.application.name if change.application else "",
        change.environment.name if change.environment else "",
        str(change.deployment_id or ""),
        change.subject,
        change.old,
        change.new,
        change.note,
    ]


def _words(request: HttpRequest) -> str:
    fields = AuditForm.base_fields
    return " ".join(f"{key}:{request.POST[key]}" for key in fields if request.POST.get(key))


def _before(request: HttpRequest) -> int | None:
    given = request.GET.get("before", "")
    return int(given) if given.isdecimal() and len(given) < 19 else None
