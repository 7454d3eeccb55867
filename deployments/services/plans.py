"""Plans: shown now, with a code; carried out later exactly as shown, once, or not at all."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from deployments import lines, plans, typed
from deployments.exceptions import Invalid, NotFound, Refused, RepositoryAway
from deployments.forges.contract import Resolved
from deployments.models import Deployment, Person, Plan
from deployments.plans import Asked, Preview
from deployments.providers.contract import RELEASE
from deployments.selectors import code, lookup, tasks
from deployments.services import lifecycle
from deployments.services.lifecycle import Door
from deployments.services.looking import Look, Wish, look

LASTS = timedelta(minutes=15)
KEPT = timedelta(days=1)  # so long a code that is over is told so
SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"
TRIES = 20


def make(asked: Asked, person: Person) -> tuple[Plan, Preview]:
    """Show what would happen, and keep what it stands on under a code. Whoever may look may ask."""
    shown = plans.preview(asked, person)
    _forget_old()
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                return _write(person, shown), shown
        except IntegrityError:
            continue  # the code is taken
    raise Invalid("No code is free just now. Plan again in a minute.")


def plan_for(person: Person, typed: str) -> Plan:
    """Return the plan with this code, if the person may look where it goes."""
    seen = lookup.environments_for(person)
    rows = Plan.objects.filter(code=typed.lower(), environment__in=seen)
    found = rows.select_related("environment__application__repository", "person").first()
    if found is None:
        raise NotFound(f"There is no plan “{typed}”. Its code is over after 15 minutes: plan anew.")
    return found


def use(plan: Plan, door: Door) -> Deployment:
    """Deploy exactly what the plan showed. Refuses with everything that has moved since."""
    known = lifecycle.find_by_key(door)
    if known is not None:
        return known
    _require_open(plan)
    asked = asked_of(plan)
    resolved = _resolve(asked)
    now = plans.facts(asked, plan.sha) | {"commit": resolved.sha}
    found = _look(plan, plans.moved(asked, plan.facts, now, door.person), door.person)
    subject = lifecycle.subject_of(plan.environment, resolved)
    with transaction.atomic():
        deployment = lifecycle.create(
            plan.environment,
            door,
            task=plan.task,
            parameters=plan.parameters,
            ref=resolved.ref,
            sha=plan.sha,
            subject=subject,
            hosts=plan.hosts,
            forced=plan.forced,
            forced_past=list(found.forced_past),
            why=plan.why,
            when_green=plan.when_green,
            note=found.red,
            **lifecycle.gated(found.red),
        )
        unused = Plan.objects.filter(pk=plan.pk, deployment=None)
        if unused.update(deployment=deployment) != 1:
            raise Invalid(_used(plan))
    return deployment


def asked_of(plan: Plan) -> Asked:
    return Asked(
        environment=plan.environment,
        ref=plan.ref,
        hosts=plan.hosts,
        task=plan.task,
        parameters=plan.parameters,
        why=plan.why,
        force=plan.forced,
        when_green=bool(plan.when_green),
    )


def line(plan: Plan) -> str:
    """Return the line that plans the same anew."""
    here = plan.environment
    return lines.plan(
        here.application.name,
        plan.ref,
        here.name,
        hosts=plan.hosts,
        because=plan.why,
        task=plan.task,
        force=plan.forced,
        parameters=plan.parameters,
        when_green=bool(plan.when_green),
    )


def _forget_old() -> None:
    """Let codes go that nobody asks for any more; what they did stays with its deployment."""
    Plan.objects.filter(created_at__lt=timezone.now() - KEPT).delete()


def _write(person: Person, shown: Preview) -> Plan:
    asked = shown.asked
    return Plan.objects.create(
        code=secrets.choice("23456789") + "".join(secrets.choice(SIGNS) for _ in range(3)),
        environment=asked.environment,
        person=person,
        ref=asked.ref,
        sha=shown.review.resolved.sha,
        task=asked.task,
        hosts=list(asked.hosts),
        parameters=dict(asked.parameters),
        why=typed.reason(asked.why),
        forced=asked.force,
        when_green=asked.when_green or None,
        facts=shown.facts,
    )


def _resolve(asked: Asked) -> Resolved:
    """Ask what the ref means now. A repository that is away cannot say, so nothing is done."""
    if asked.task != RELEASE:
        return tasks.runs_in(asked.environment, asked.hosts, asked.ref)
    return code.resolve(asked.environment.application, asked.ref)


def _require_open(plan: Plan) -> None:
    if plan.deployment_id is not None:
        raise Invalid(_used(plan))
    if timezone.now() - plan.created_at > LASTS:
        raise Invalid(f"The 15 minutes of plan {plan.code} are over. Plan anew: {line(plan)}")


def _look(plan: Plan, moved: list[str], person: Person) -> Look:
    """Refuse with what has moved, and with all else that stands in the way."""
    wish = Wish(
        plan.sha,
        hosts=plan.hosts,
        task=plan.task,
        parameters=plan.parameters,
        force=plan.forced,
        when_green=bool(plan.when_green),
    )
    try:
        found = look(plan.environment, person, wish)
    except Refused as error:
        new = [text for text in moved if not any(said.startswith(text) for said in error.reasons)]
        helping = [line(plan)] if moved else error.lines
        raise Refused([*new, *error.reasons], helping) from None
    if moved:
        raise Refused(moved, [line(plan)])
    if found.resolved is None:
        raise RepositoryAway(found.away)
    return found


def _used(plan: Plan) -> str:
    plan.refresh_from_db()
    return f"Plan {plan.code} was carried out already, as #{plan.deployment_id}."
