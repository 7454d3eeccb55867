from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DeploymentsConfig(AppConfig):
    name = "deployments"

    def ready(self) -> None:
        post_migrate.connect(_follow_deployments, sender=self)
        from deployments import changes  # noqa: PLC0415  models are not ready before
        from deployments.services import reports  # noqa: PLC0415
        from deployments.web import accounts  # noqa: PLC0415

        changes.subscribe(reports.follow)
        accounts.follow()


def _follow_deployments(**signal: object) -> None:
    from deployments.services import indexing  # noqa: PLC0415  models are there only now

    indexing.follow_deployments()
