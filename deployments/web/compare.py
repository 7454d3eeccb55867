"""What differs between two versions of an application."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from deployments.exceptions import Invalid
from deployments.selectors import compare as compared
from deployments.selectors import lookup
from deployments.web.doors import person_of
from deployments.web.errors import translated


@gzip_page
@require_safe
@translated
def compare(request: HttpRequest, application: str, versions: str) -> HttpResponse:
    """Show commits and files between `base...head`; names or commit ids."""
    app = lookup.application_for(person_of(request), application)
    base, dots, head = versions.partition("...")
    if not dots or not base or not head:
        raise Invalid("An address to compare looks like /compare/web/v1.2...main/")
    context = {
        "application": app,
        "base": base,
        "head": head,
        "compared": compared.compare_refs(app, base, head),
    }
    return render(request, "deployments/compare.html", context)
