"""/settings/apps/web/-/webhook/: what GitHub tells of the app's repository, and its secret."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from deployments import rights
from deployments.exceptions import DeploymentError, NotFound
from deployments.models import Application, Webhook
from deployments.selectors import lookup
from deployments.selectors import webhooks as reading
from deployments.services import hook_checks, hooks, webhooks
from deployments.web.doors import person_of
from deployments.web.live import stream_url
from deployments.web.settings.pages import done, page, saved, show
from deployments.webhooks.github.events import WANTED

LATE = 30  # seconds after which a ping is not waited for any more


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
    if request.GET.get("part") == "ping":
        return show(request, "_parts/ping.html", _ping(app, reading.of(app.repository)))
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
def install(request: HttpRequest, application: str) -> HttpResponse:
    """Install it at GitHub and ask for a ping, whose coming the page shows."""
    app = _asked(request, application)
    try:
        installed = hooks.install(app, person_of(request), WANTED, "web")
    except DeploymentError as error:
        return _shown(request, app, reading.of(app.repository), amiss=[str(error)], status=422)
    what = "installed at GitHub" if installed.is_new else "brought up to date at GitHub"
    return done(request, f"The webhook is {what}.", "application-webhook", app.name)


@require_POST
@page
def check(request: HttpRequest, application: str) -> HttpResponse:
    """Ask GitHub how its webhook does, and say what is amiss."""
    app = _asked(request, application)
    webhook = reading.of(app.repository) if hook_checks.is_told_by_app(app) else _known(app)
    try:
        amiss = hook_checks.check(app, person_of(request), WANTED)
    except DeploymentError as error:
        amiss = [str(error)]
    return _shown(request, app, webhook, amiss=amiss, checked=True)


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


def _ping(app: Application, webhook: Webhook | None) -> dict[str, Any]:
    """Say whether the ping that GitHub was asked for came, and after how many seconds."""
    if webhook is None or webhook.pinged_at is None:
        return {"app": app}
    came = reading.ping_since(webhook)
    until = came.received_at if came else timezone.now()
    seconds = (until - webhook.pinged_at).total_seconds()
    is_late = came is None and seconds > LATE
    return {"app": app, "pinged": webhook, "came": came, "seconds": seconds, "is_late": is_late}


def _shown(
    request: HttpRequest,
    app: Application,
    webhook: Webhook | None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    seen = lookup.applications_for(person_of(request))
    context = {
        **_ping(app, webhook),
        "webhook": webhook,
        "at_github": app.repository.forge == "github",
        "is_told_by_app": hook_checks.is_told_by_app(app),
        "renamed": webhook is not None and reading.is_renamed(webhook),
        "is_asked": reading.is_asked(app.repository),
        "address": hooks.address(),
        "live_url": stream_url(),
        "others": seen.filter(repository=app.repository).exclude(pk=app.pk).order_by("name"),
    }
    response = show(request, "webhook.html", {**context, **more})
    response.status_code = status
    return response
