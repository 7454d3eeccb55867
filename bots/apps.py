from __future__ import annotations

from django.apps import AppConfig


class BotsConfig(AppConfig):
    name = "bots"

    def ready(self) -> None:
        """Follow what happens; the only place where `deployments` is made to call `bots`."""
        from bots import conversation, hearing, outgoing, threads  # noqa: PLC0415  models are not ready before
        from bots.api import metrics as figures  # noqa: PLC0415
        from bots.web import outgoing as outgoing_page  # noqa: PLC0415
        from deployments import changes, sweeper  # noqa: PLC0415
        from deployments.api import metrics  # noqa: PLC0415
        from deployments.web import composers, menu  # noqa: PLC0415

        changes.subscribe(threads.follow)
        metrics.add(figures.outgoing)
        sweeper.add(threads.ring_behind)
        sweeper.add(outgoing.ring_due)
        sweeper.add(hearing.ring_forgotten)
        sweeper.add(conversation.ring_forgotten)
        composers.complete_with("flow-suggest-people")
        menu.add(menu.Entry("Flow", "flow", 40))
        for name in ("rooms", "mentions", "kept"):
            menu.add_other(menu.Entry(f"Flow: {name}", f"flow-{name}"))
        menu.add_setting(
            menu.Entry(
                "Chat connections",
                "connections",
                55,
                icon="chat",
                right="administer",
                below="/settings/connections/",
            )
        )
        menu.add_setting(
            menu.Entry(
                "Outgoing messages",
                "outgoing",
                60,
                count=outgoing_page.given_up,
                icon="send",
                right="administer",
            )
        )
