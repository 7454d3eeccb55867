from __future__ import annotations

from django.apps import AppConfig


class ChatopsConfig(AppConfig):
    name = "chatops"

    def ready(self) -> None:
        from chatops import checks, processes  # noqa: PLC0415  models are not ready before

        checks.register()
        processes.set_up()
