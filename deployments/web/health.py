"""What a supervisor or balancer asks: does the process live, can it work?"""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@login_not_required
@never_cache
@require_safe
def healthz(_: HttpRequest) -> HttpResponse:
    """Answer while the process lives; asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(_: HttpRequest) -> HttpResponse:
    """Answer 200 once requests can be served, else 503 with every reason."""
    found = list(_reasons())
    text = "\n".join(found or ["ready"]) + "\n"
    return HttpResponse(text, content_type="text/plain", status=503 if found else 200)


def _reasons() -> Iterator[str]:
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        yield "The database does not answer."
        return
    if plan:
        yield f"{len(plan)} migrations are not applied; run script/setup or manage.py migrate."
