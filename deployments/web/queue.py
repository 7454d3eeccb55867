"""The queue: what waits and why, and who does the work."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from deployments.selectors.queue import queue as everything
from deployments.services import workers
from deployments.web.doors import person_of
from deployments.web.live import stream_url


@gzip_page
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Show the queue, or only the part that is brought up to date."""
    live_url = stream_url()
    found = everything(person_of(request), timezone.now() - workers.SILENT)
    part = request.GET.get("part") == "all"
    template = "deployments/queue/_all.html" if part else "deployments/queue.html"
    return render(request, template, {"live_url": live_url, "queue": found})
