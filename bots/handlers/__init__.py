"""What each command does: a service call, and what the bot says to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bots.handlers import (
    acting,
    answering,
    approving,
    asking,
    identity,
    locking,
    looking,
    planning,
    reasoning,
    returning,
)
from bots.language import commands
from bots.messages import Message
from bots.speaker import Speaker

Handler = Callable[[Any, Speaker], Message]

HANDLERS: dict[type, Handler] = {
    commands.Deploy: acting.deploy,
    commands.Retry: acting.retry,
    commands.RetryFailedHosts: acting.retry_failed_hosts,
    commands.GoOn: acting.go_on,
    commands.Cancel: acting.cancel,
    commands.Approve: approving.approve,
    commands.Reject: approving.reject,
    commands.Rollback: returning.rollback,
    commands.No: asking.no,
    commands.Plan: planning.plan,
    commands.DeployPlan: planning.deploy_plan,
    commands.Promote: planning.promote,
    commands.Lock: locking.lock,
    commands.Unlock: locking.unlock,
    commands.Locks: locking.locks_,
    commands.Status: answering.status,
    commands.Deploys: answering.deploys,
    commands.Why: reasoning.why,
    commands.WhichChecksFailed: reasoning.which_checks_failed,
    commands.Diff: answering.diff,
    commands.Log: answering.log,
    commands.WhereIs: looking.where_is,
    commands.WhereCanIDeploy: looking.where_can_i_deploy,
    commands.DeployStatus: looking.deploy_status,
    commands.Search: looking.search_,
    commands.Link: identity.link,
    commands.WhoAmI: identity.who_am_i,
    commands.ForgetMe: identity.forget_me,
    commands.DeployToken: identity.deploy_token,
    commands.Show: answering.show,
    commands.Help: answering.help_,
    commands.Version: answering.version,
}
