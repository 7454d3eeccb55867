"""The way to who vouches for people, and the way back."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.app_settings import REAUTHENTICATION_TIMEOUT
from allauth.account.authentication import get_authentication_records
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.account.utils import get_next_redirect_url, perform_login
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from deployments.exceptions import DeploymentError, Invalid, NotAllowed, RepositoryAway
from deployments.models import Person
from deployments.selectors import ways
from deployments.selectors.ways import Way
from deployments.services import invitations, linked_accounts
from deployments.services.linked_accounts import Proof
from deployments.web.doors import person_of
from deployments.web.errors import status_of, translated
from deployments.web.sign_in import proofs, providers

RATE = "30/m/ip"
STRANGE = (
    "This answer belongs to no sign-in that was begun in this browser within ten minutes, or it was"
    " used already. Begin again, at {}."
)
STRANGER = (
    "Nobody here is known as {}. If you have an account here, sign in with your password and link"
    " it under Settings, You. If not, ask an administrator for an invitation, and open that in this"
    " browser."
)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@translated
def start(request: HttpRequest, key: str) -> HttpResponse:
    """Go and sign in there. By POST alone: no link elsewhere begins it."""
    way = ways.way(key)
    if request.method != "POST":
        return redirect("account_login")
    text = request.POST.get("invitation", "")
    invitation = invitations.find(text).pk if text else None
    following = get_next_redirect_url(request)
    return _go(request, way, "sign in", following, {"invitation": invitation})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@translated
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]  # allauth has no types
def link(request: HttpRequest, key: str) -> HttpResponse:
    """Go and prove an account there, to be linked to one's own here."""
    way, person = ways.way(key), person_of(request)
    if request.method != "POST":
        return redirect("profile")
    if not _is_fresh(request, person):
        return _again(request, person)
    return _go(request, way, "link", None, {"person": person.pk})


@require_http_methods(["GET", "HEAD", "POST"])
@translated
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]  # allauth has no types
def unlink(request: HttpRequest, account: int) -> HttpResponse:
    """Let the account stand for its person no longer."""
    person = person_of(request)
    if request.method == "POST":
        if not _is_fresh(request, person):
            return _again(request, person)
        called = linked_accounts.unlink(person, account)
        messages.success(request, f"{called} is linked to you no longer.")
    return redirect("profile")


@login_not_required
@never_cache
@require_safe
def back(request: HttpRequest, key: str) -> HttpResponse:
    """Take what the other side sent: prove whose account it is; let in, link, or say why not."""
    try:
        way = ways.way(key)
        state = _state(request, way)
        _require_code(request, way)
        proof = proofs.prove(request, way, state)
        linked_accounts.seen(proof)
        return (_linked if state["process"] == "link" else _enter)(request, proof, state)
    except DeploymentError as error:
        status = 502 if isinstance(error, RepositoryAway) else status_of(error)
        context = {"reason": error, "ways": ways.ways(), "key": key}
        return render(request, "account/not_in.html", context, status=status)


@require_safe
def no_password(request: HttpRequest) -> HttpResponse:
    """Say who makes passwords: leaving an organisation must not leave a way in behind."""
    return render(request, "account/no_password.html", status=403)


def _go(
    request: HttpRequest, way: Way, process: str, following: str | None, data: dict[str, Any]
) -> HttpResponse:
    """Show a page that goes on by itself. Not a redirection: browsers hold those of a form to the
    policy of the form's own page, which is that forms go nowhere else."""
    rates = {"sign-in": RATE}
    if ratelimit.consume(request, app="deployments", action="sign-in", config=rates) is None:
        return render(request, "429.html", status=429)
    with proofs.in_words(way):
        provider = providers.provider(request, way)
        answer = provider.redirect(request, process=process, next_url=following, data=data)
    return render(request, "account/go.html", {"way": way, "url": answer["Location"]})


def _state(request: HttpRequest, way: Way) -> dict[str, Any]:
    """Return what this browser's session keeps of the way there: once, for ten minutes."""
    provider = providers.provider(request, way)
    try:
        state: dict[str, Any] = provider.unstash_redirect_state(
            request, request.GET.get("state", "")
        )
    except PermissionDenied:
        raise Invalid(STRANGE.format(settings.SHIPMATE_URL)) from None
    return state


def _require_code(request: HttpRequest, way: Way) -> None:
    if request.GET.get("error") == "access_denied":
        raise NotAllowed(
            f"You did not let {way.name} tell Shipmate who you are. Nothing was changed. Begin"
            " again if that was a slip."
        )
    if "error" in request.GET or not request.GET.get("code"):
        raise Invalid(
            f"{way.name} did not sign you in and sent no more than an error. Begin again. If that"
            " does not help, tell an administrator: the client id, the address to send people back"
            " to, or the scopes may not be what was registered there."
        )


def _enter(request: HttpRequest, proof: Proof, state: dict[str, Any]) -> HttpResponse:
    """Sign in whose account it is. Second factor and switched-off accounts are allauth's to ask."""
    person = linked_accounts.owner(proof) or _newcomer(proof, state)
    if request.user.is_authenticated and request.user != person:
        get_adapter(request).logout(request)
    place, uid = proof.way.place, proof.uid
    record_authentication(request, person, "socialaccount", provider=place, uid=uid)
    entered: HttpResponse = perform_login(request, person, redirect_url=state.get("next"))
    return entered


def _newcomer(proof: Proof, state: dict[str, Any]) -> Person:
    """Make a person of who holds an invitation, or is one of those whose members may join."""
    invitation = (state.get("data") or {}).get("invitation")
    if invitation is not None:
        return invitations.accept_by(invitation, proof)
    if proof.way.members and proof.way.join:
        return linked_accounts.join(proof, proof.way.join)
    raise NotAllowed(STRANGER.format(proof))


def _linked(request: HttpRequest, proof: Proof, state: dict[str, Any]) -> HttpResponse:
    """Link it to who began, if they are still the one who is signed in here."""
    if not isinstance(request.user, Person) or request.user.pk != state["data"]["person"]:
        raise Invalid(STRANGE.format(settings.SHIPMATE_URL))
    new = linked_accounts.link(request.user, proof)
    messages.success(request, f"{proof} is linked to you{'' if new else ' already'}.")
    return redirect("profile")


def _is_fresh(request: HttpRequest, person: Person) -> bool:
    """Return whether who has nothing to be asked for here came in within minutes. allauth asks
    the others for their password or second factor."""
    if get_reauthentication_flows(person):
        return True
    records = get_authentication_records(request, person)
    return bool(records) and time.time() - records[-1]["at"] < REAUTHENTICATION_TIMEOUT


def _again(request: HttpRequest, person: Person) -> HttpResponse:
    """Ask who has no password to sign in anew by what is linked."""
    places = set(linked_accounts.of(person).values_list("provider", flat=True))
    mine = [way for way in ways.ways() if way.place in places]
    return render(request, "account/again.html", {"ways": mine}, status=403)
