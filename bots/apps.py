from __future__ import annotations

from django.apps import AppConfig


class BotsConfig(AppConfig):
    name = "bots"

    def ready(self) -> None:
        """Follow what happens; the only place where `deployments` is made to call `bots`."""
        from bots import conversation, threads  # noqa: PLC0415  models are not ready before
        from deployments import changes, sweeper  # noqa: PLC0415
        from deployments.web import menu  # noqa: PLC0415

        changes.subscribe(threads.follow)
        sweeper.add(threads.ring_behind)
        sweeper.add(conversation.ring_forgotten)
        menu.add(menu.Entry("Flow", "flow", 40))
