"""A bare Django view that takes GitHub's webhooks: it checks the signature, and keeps nothing.

BARE_SECRET=… uvicorn benchmarks.peers.bare_webhook:application
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path

SECRET = os.environ["BARE_SECRET"].encode()


def receive(request: HttpRequest) -> HttpResponse:
    made = f"sha256={hmac.new(SECRET, request.body, hashlib.sha256).hexdigest()}"
    if not hmac.compare_digest(made, request.headers.get("X-Hub-Signature-256", "")):
        return HttpResponse(status=403)
    json.loads(request.body)
    return HttpResponse(status=204)


urlpatterns = [path("hook/", receive)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x" * 50, MIDDLEWARE=[])
django.setup()
application = ASGIHandler()
