"""The page's one translation of a refusal."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from deployments.exceptions import DeploymentError, Invalid, NotAllowed, NotFound, Refused

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

HEADS = {404: "There is no such thing", 403: "You may not do this", 400: "That cannot be used"}


def translated(view: View[P]) -> View[P]:
    """Answer a refusal with a page that says it, or with banners on the page it came from."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except DeploymentError as error:
            return refusal(request, error)

    return answer


def refusal(request: HttpRequest, error: DeploymentError) -> HttpResponse:
    """Say a refusal: on the page that the form stood on, else on a page of its own."""
    back = request.headers.get("Referer", "")
    if (
        request.method == "POST"
        and not isinstance(error, NotFound | NotAllowed)
        and _ours(request, back)
    ):
        for reason in reasons(error):
            messages.error(request, reason)
        return redirect(back)
    status = status_of(error)
    context = {"head": HEADS.get(status, "Not now"), "reasons": reasons(error), "status": status}
    return render(request, "deployments/refusal.html", context, status=status)


def reasons(error: DeploymentError) -> list[str]:
    return list(error.reasons) if isinstance(error, Refused) else [str(error)]


def status_of(error: DeploymentError) -> int:
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, NotAllowed):
        return 403
    return 400 if isinstance(error, Invalid) else 409


def _ours(request: HttpRequest, address: str) -> bool:
    hosts = {request.get_host()}
    return url_has_allowed_host_and_scheme(address, hosts, require_https=request.is_secure())
