"""The dashboard's addresses."""

from __future__ import annotations

from django.urls import path

from deployments.web import (
    applications,
    board,
    choices,
    compare,
    deployments,
    environments,
    health,
    history,
    invitation,
    jump,
    live,
    locks,
    log_pages,
    queue,
    searches,
    weeks,
)
from deployments.web.sign_in import doors as sign_in

urlpatterns = [
    path("", board.board, name="board"),
    path("stars/", board.star, name="star"),
    path("jump/", jump.jump, name="jump"),
    path("weeks/", weeks.weeks, name="weeks"),
    path("queue/", queue.queue, name="queue"),
    path("apps/<str:name>/", applications.application, name="application"),
    path("apps/<str:application>/<str:name>/", environments.environment, name="environment"),
    path(
        "apps/<str:application>/<str:name>/deploy/",
        environments.deploy,
        name="environment-deploy",
    ),
    path(
        "apps/<str:application>/<str:name>/rollback/",
        environments.rollback,
        name="environment-rollback",
    ),
    path("apps/<str:application>/<str:name>/refs/", choices.choices, name="environment-choices"),
    path("apps/<str:application>/<str:name>/lock/", locks.lock, name="environment-lock"),
    path("apps/<str:application>/<str:name>/unlock/", locks.unlock, name="environment-unlock"),
    path("deployments/<int:number>/", deployments.deployment, name="deployment"),
    path("deployments/<int:number>/log/", log_pages.log_after, name="deployment-log"),
    path(
        "deployments/<int:number>/log/errors/", log_pages.error_line, name="deployment-log-errors"
    ),
    path("deployments/<int:number>/log.txt", log_pages.raw, name="deployment-raw"),
    path("deployments/<int:number>/retry/", deployments.retry, name="deployment-retry"),
    path("deployments/<int:number>/go-on/", deployments.go_on, name="deployment-go-on"),
    path("deployments/<int:number>/approve/", deployments.approve, name="deployment-approve"),
    path("deployments/<int:number>/reject/", deployments.reject, name="deployment-reject"),
    path("deployments/<int:number>/cancel/", deployments.cancel, name="deployment-cancel"),
    path("deployments/<int:number>/tell/", deployments.tell_again, name="deployment-tell"),
    path("deployments/<int:number>/comment/", deployments.comment, name="deployment-comment"),
    path("history/", history.history, name="history"),
    path("history/save/", searches.save, name="search-save"),
    path("history/forget/", searches.forget, name="search-forget"),
    path("history/deployments.csv", history.csv, name="history-csv"),
    path("compare/<str:application>/<path:versions>/", compare.compare, name="compare"),
    path("accounts/<str:key>/login/", sign_in.start, name="way-in"),
    path("accounts/<str:key>/login/callback/", sign_in.back, name="way-back"),
    path("invitation/<str:text>/", invitation.invitation, name="invitation"),
    path("live/", live.live, name="live"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
