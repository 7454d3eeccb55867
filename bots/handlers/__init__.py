"""What each command does: a service call, and what the bot says to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bots.handlers import acting, answering, asking
from bots.language import commands
from bots.messages import Message
from bots.speaker import Speaker

Handler = Callable[[Any, Speaker], Message]

HANDLERS: dict[type, Handler] = {
    commands.Deploy: acting.deploy,
    commands.Retry: acting.retry,
    commands.Cancel: acting.cancel,
    commands.Rollback: acting.rollback,
    commands.No: asking.no,
    commands.Status: answering.status,
    commands.Deploys: answering.deploys,
    commands.Why: answering.why,
    commands.Diff: answering.diff,
    commands.Log: answering.log,
    commands.Show: answering.show,
    commands.Help: answering.help_,
    commands.Version: answering.version,
}
