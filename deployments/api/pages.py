"""What is below /api/ for people: the description to read, and the client to download."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularJSONAPIView

from deployments.api import described
from deployments.api.errors import body
from deployments.api.schema import ERRORS, ERRORS_OF_WRITES


class Schema(SpectacularJSONAPIView):
    """GET: this description itself. It is the same for everybody, so it takes no token."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()


@login_not_required
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the description of the API, which is the same for everybody."""
    context = {
        "layout": "base.html" if request.user.is_authenticated else "base_quiet.html",
        "operations": described.operations(),
        "errors": dict(sorted({**ERRORS, **ERRORS_OF_WRITES}.items())),
    }
    return render(request, "deployments/api/docs.html", context)


@login_not_required
@require_safe
def trial(request: HttpRequest) -> HttpResponse:
    """Show the description in Swagger UI, where each call can be made."""
    return render(request, "deployments/api/try.html")


@login_not_required
@require_safe
def client(request: HttpRequest) -> FileResponse:
    """Give the command-line client, one file that needs nothing but Python."""
    file = (settings.BASE_DIR / "script" / "shipmate").open("rb")
    return FileResponse(file, as_attachment=True, filename="shipmate", content_type="text/x-python")


@csrf_exempt
@login_not_required
def nothing(request: HttpRequest) -> JsonResponse:
    """Answer in the shape of every error where there is nothing."""
    said = f"There is nothing at {request.path}."
    if not request.path.endswith("/") and _is_address(f"{request.path}/"):
        said = f"{said} Addresses end with a slash: {request.path}/."
    text = f"{said} All addresses stand in {settings.SHIPMATE_URL}/api/."
    return JsonResponse(body("not_found", text), status=404)


def _is_address(path: str) -> bool:
    try:
        return resolve(path).func is not nothing
    except Resolver404:
        return False
