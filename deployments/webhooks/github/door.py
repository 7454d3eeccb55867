"""POST /webhooks/github/: the signature is checked before anything is parsed or kept."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import islice

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from deployments.models import Delivery, Webhook
from deployments.selectors import webhooks
from deployments.services import deliveries
from deployments.services import webhooks as making
from deployments.services.coming_again import Came
from deployments.services.deliveries import Told
from deployments.webhooks.flood import Refusals
from deployments.webhooks.github import about, app, signature
from deployments.webhooks.github.payload import Payload, clean, number, parsed, text

SECRET = ("authorization", "cookie", "token", "secret", "key", "password")
MOST_HASHED, FEWEST = 256_000_000, 4  # bytes for one request in all; secrets that are tried always
MOST_HEADERS, LONGEST_HEADER, LONGEST_ID = 60, 500, 100
UNSIGNED = (
    f"The delivery is not signed with {signature.HEADER}: give the webhook at GitHub the secret "
    "that Shipmate has made for the repository."
)
FORGED = "The signature is that of no secret which is known here."
AWAY = (
    "Shipmate's database does not answer at this moment, so this is not kept. Nothing depends on"
    " it; GitHub can deliver it again."
)
SAID = {
    Came.NEW: "Kept.",
    Came.AGAIN: "Kept before. Nothing came of it then, so it is handled anew.",
}
NONE_HERE = (
    "Nothing is kept: it is about no repository that is read here with this App. If it is one that"
    " was renamed, set its new address in the settings of its app here, then deliver it again."
)
FIRST = "Kept before. What was said first counts; its page here has “Do it again”."
BEFORE: dict[str, str] = {
    Delivery.State.WAITING: "Kept before. It still waits to be handled.",
    Delivery.State.HANDLED: "Kept before, and handled. Its page here has “Do it again”.",
    Delivery.State.UNHANDLED: FIRST,
    Delivery.State.FAILED: FIRST,
}
refusals = Refusals()


@csrf_exempt
@login_not_required
def receive(request: HttpRequest) -> JsonResponse:
    """Keep a delivery that is rightly signed, and say so; a worker handles it."""
    if request.method != "POST":
        said = "GitHub's webhooks are taken here, by POST."
        return JsonResponse({"message": said}, status=405, headers={"Allow": "POST"})
    given = request.headers.get(signature.HEADER, "")
    if not signature.is_one(given):
        return _refused(request, 401, UNSIGNED)
    most = settings.SHIPMATE_WEBHOOK_MAX_MB * 1_000_000
    try:
        raw = request.read(most + 1)
    except OSError:
        return _refused(request, 400, "The body did not come to its end.")
    if len(raw) > most:
        return _refused(request, 413, f"A body has at most {most} bytes.")
    try:
        if app.is_signed(raw, given):
            return _kept_of_app(request, raw)
        webhook = _signed_with(request.headers.get("X-GitHub-Hook-ID", ""), raw, given)
        return _kept(request, webhook, raw) if webhook else _refused(request, 403, FORGED)
    except (DatabaseError, InterfaceError):  # also where the repository went at this moment
        return _refused(request, 503, AWAY)


def _signed_with(hook: str, raw: bytes, given: str) -> Webhook | None:
    """Return the webhook whose secret the body is signed with.

    Nobody unknown makes hours of work with long bodies that are no webhook's at all: as many are
    tried as a moment allows, those first that GitHub has called by this id.
    """
    tried = islice(webhooks.secrets(clean(hook, 40)), max(MOST_HASHED // max(len(raw), 1), FEWEST))
    return next((one for one, secret in tried if signature.is_right(secret, raw, given)), None)


def _kept(request: HttpRequest, webhook: Webhook, raw: bytes) -> JsonResponse:
    payload = parsed(raw, request.headers.get("Content-Type", ""))
    if not about.is_covered(webhook, payload):
        said = f"This secret is for {webhook.full_name}; the delivery is about another repository."
        return _refused(request, 403, said)
    return _answered(*deliveries.accept(webhook, _told(request, raw, payload or {})))


def _kept_of_app(request: HttpRequest, raw: bytes) -> JsonResponse:
    """Keep it for each repository that it is about; an App tells of many that are not here."""
    payload = parsed(raw, request.headers.get("Content-Type", "")) or {}
    told = replace(_told(request, raw, payload), hook_id="")  # it is no repository's
    covered = app.covered(payload)
    kept = [deliveries.accept(making.of_app(each), told) for each in covered]
    if not kept:
        return JsonResponse({"message": NONE_HERE})
    app.learn_numbers(payload, covered)
    return _answered(*kept[0])


def _answered(row: Delivery, came: Came) -> JsonResponse:
    """Say what is done with it; whoever delivers by hand at GitHub reads it there."""
    page = f"{settings.SHIPMATE_URL}{reverse('delivery', args=[row.pk])}"
    said = BEFORE[row.state] if came is Came.BEFORE else SAID[came]
    answer = {"message": said, "delivery": row.guid, "page": page}
    return JsonResponse(answer, status=200 if came is Came.BEFORE else 202)


def _told(request: HttpRequest, raw: bytes, payload: Payload) -> Told:
    return Told(
        guid=_guid(request, raw),
        event=clean(request.headers.get("X-GitHub-Event", ""), 100),
        action=text(payload, "action", longest=100),
        body=raw,
        headers=_headers(request),
        forge_id=number(payload, "repository", "id"),
        hook_id=clean(request.headers.get("X-GitHub-Hook-ID", ""), 40),
    )


def _guid(request: HttpRequest, raw: bytes) -> str:
    """Return its id; one without, or with a very long one, goes by what it says."""
    given = request.headers.get("X-GitHub-Delivery", "")
    kept = clean(given, LONGEST_ID)
    if kept and len(given) <= LONGEST_ID:
        return kept
    return f"sha256:{hashlib.sha256(given.encode(errors='replace') + raw).hexdigest()}"


def _headers(request: HttpRequest) -> dict[str, str]:
    """Return the headers, without those that may hold a secret."""
    listed = [(name, value) for name, value in request.headers.items() if not _is_secret(name)]
    listed.sort(key=lambda header: header[0] != "Content-Type")  # the body is read by it
    return {
        clean(name, LONGEST_HEADER): clean(value, LONGEST_HEADER)
        for name, value in listed[:MOST_HEADERS]
    }


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRET)


def _refused(request: HttpRequest, status: int, why: str) -> JsonResponse:
    refusals.note(why, request.META.get("REMOTE_ADDR", "somebody"))
    answer = JsonResponse({"message": why}, status=status)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # else Django logs each
    return answer
