"""/settings/apps/web/-/webhook/: what GitHub tells of the app's repository, and its secret."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from deployments import rights
from deployments.exceptions import NotFound
from deployments.models import Application, Webhook
from deployments.selectors import lookup
from deployments.selectors import webhooks as reading
from deployments.services import webhooks
from deployments.web.doors import person_of
from deployments.web.settings.pages import done, page, saved, show


class WebhookForm(forms.Form):
    full_name = forms.CharField(
        label="The repository at GitHub",
        max_length=200,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
        help_text="As owner/name. The webhook covers this one alone.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page
def edit(request: HttpRequest, application: str) -> HttpResponse:
    """Show it; on POST, set it up and show its secret, this once."""
    app = _asked(request, application)
    name = reading.name_in(app.repository.location)
    form = WebhookForm(request.POST or None, initial={"full_name": name})
    if request.method == "POST" and form.is_valid():
        made: list[tuple[Webhook, str]] = []
        given = form.cleaned_data["full_name"]
        by = person_of(request)
        if saved(form, lambda: made.append(webhooks.make(app, by, given)), "full_name"):
            return _shown(request, app, made[0][0], secret=made[0][1])
    return _shown(request, app, reading.of(app.repository), form=form)


@require_POST
@page
def renew(request: HttpRequest, application: str) -> HttpResponse:
    """Make another secret, and show it this once."""
    app = _asked(request, application)
    webhook = _known(app)
    secret = webhooks.renew_secret(webhook, app, person_of(request))
    return _shown(request, app, webhook, secret=secret)


@require_POST
@page
def remove(request: HttpRequest, application: str) -> HttpResponse:
    app = _asked(request, application)
    webhooks.remove(_known(app), app, person_of(request))
    text = "Nothing is taken from GitHub about it any more. Take the webhook away there, too."
    return done(request, text, "application-webhook", app.name)


def _asked(request: HttpRequest, name: str) -> Application:
    person = person_of(request)
    app = lookup.application_for(person, name)
    rights.require(person, "configure", app)
    return app


def _known(app: Application) -> Webhook:
    webhook = reading.of(app.repository)
    if webhook is None:
        raise NotFound(f"{app} has no webhook.")
    return webhook


def _shown(
    request: HttpRequest, app: Application, webhook: Webhook | None, **more: Any
) -> HttpResponse:
    context = {
        "app": app,
        "webhook": webhook,
        "address": f"{settings.SHIPMATE_URL}{reverse('github-webhook')}",
        "others": app.repository.applications.exclude(pk=app.pk).order_by("name"),
    }
    return show(request, "webhook.html", {**context, **more})
