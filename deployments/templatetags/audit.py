"""A Change in words, for the audit and for the history of a thing."""

from __future__ import annotations

from django import template

from deployments.models import Change

register = template.Library()

# What was done, as a reader says it; a verb that is not here speaks for itself.
WORDS = {
    "account.linked": "tied a chat account",
    "account.unlinked": "untied a chat account",
    "application.added": "added the app",
    "application.changed": "changed",
    "application.renamed": "renamed the app",
    "application.archived": "archived the app",
    "application.revived": "brought the app back",
    "application.removed": "removed the app",
    "audit.exported": "exported the audit",
    "check.set": "reported a check",
    "connection.added": "added a chat connection",
    "connection.changed": "changed a chat connection",
    "connection.removed": "removed a chat connection",
    "connection.secret": "made a new secret of a chat connection",
    "delivery.again": "had a delivery of a webhook done again:",
    "delivery.redelivered": "GitHub delivered again what had failed:",
    "deployment.approval": "somebody has to approve it",
    "deployment.approved": "approved it",
    "deployment.check_failed": "heard that a check failed:",
    "deployment.check_missing": "missed a check",
    "deployment.comment": "commented",
    "deployment.doubt": "what a host could not end:",
    "deployment.forced": "forced it past its checks",
    "deployment.rejected": "rejected it",
    "deployment.stopping": "asked it to stop",
    "deployment.tell_again": "had GitHub told again",
    "deployment.taken_over": "another worker took it over",
    "deployment.merged": "merged first:",
    "deployment.told": "GitHub was told of it by",
    "deployment.paused": "it paused behind its first host",
    "deployment.waits": "it waits:",
    "deployment.went_on": "let it go on",
    "deployment.undone": "asked for its way back",
    "environment.added": "added the environment",
    "environment.changed": "changed",
    "environment.renamed": "renamed the environment",
    "environment.archived": "archived the environment",
    "environment.revived": "brought the environment back",
    "environment.removed": "removed the environment",
    "host.accept_key": "accepted a key of",
    "host.added": "added the host",
    "host.changed": "changed the host",
    "host.forget_key": "accepts a key no longer of",
    "host.placed": "placed the host",
    "host.removed": "removed the host",
    "host.roles": "changed what it does:",
    "host.says": "heard that something else runs on",
    "host.unplaced": "took out the host",
    "access.removed": "took away what opens the repository",
    "access.set": "set what opens the repository",
    "invitation.made": "invited",
    "invitation.used": "came by the invitation of",
    "invitation.withdrawn": "withdrew the invitation of",
    "key.given": "gave an SSH key",
    "key.made": "made an SSH key",
    "lock.changed": "changed the lock",
    "lock.expired": "the lock ran out",
    "lock.released": "unlocked",
    "lock.taken": "locked",
    "outgoing.again": "sent a message again",
    "person.added": "added",
    "person.changed": "changed",
    "person.joined": "came as",
    "person.new_password": "made a new password for",
    "reports.again": "had GitHub told of all that was given up of",
    "repository.changed": "changed the repository",
    "repository.renamed": "heard of another name of a repository:",
    "role.given": "gave a role to",
    "role.taken": "took a role from",
    "room.added": "added the room",
    "room.changed": "changed the room",
    "second_factor.added": "set up a second factor:",
    "second_factor.removed": "removed the second factor of",
    "second_factor.renewed": "made new recovery codes:",
    "secret.removed": "removed the secret",
    "secret.set": "set the secret",
    "session.ended": "ended a session of",
    "sign_in.linked": "signs in from now on as",
    "sign_in.removed": "ended signing in for",
    "sign_in.unlinked": "signs in no longer as",
    "token.made": "made the token",
    "token.revoked": "revoked the token",
    "webhook.added": "set up the webhook of",
    "webhook.installed": "installed at GitHub the webhook of",
    "webhook.removed": "took away the webhook of",
    "webhook.secret": "made a new secret of the webhook of",
}
# What became of a deployment, by the state that it came to.
STATUS = {
    "pending": "asked for",
    "queued": "queued",
    "in_progress": "began",
    "cancelled": "cancelled",
}


@register.filter
def done(change: Change) -> str:
    """Say what was done."""
    if change.verb == "deployment.status":
        return STATUS.get(change.new, "ended")
    return WORDS.get(change.verb) or change.verb.replace(".", " ").replace("_", " ")


@register.filter
def is_state(change: Change) -> bool:
    """Return whether a deployment came to another state, which has a sign of its own."""
    return change.verb == "deployment.status"


@register.filter
def is_edit(change: Change) -> bool:
    """Return whether something that was there became something else, so that both ends are told."""
    return bool(change.old and change.new) or change.verb.endswith((".changed", ".roles"))
