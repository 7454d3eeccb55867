"""Lines that look ahead: a plan, the deployment that was planned, a promotion."""

from __future__ import annotations

from urllib.parse import urlencode

from bots import sayings
from bots.handlers import acting, finding
from bots.language import commands
from bots.messages import Button, Code, Field, Line, Link, Message, Parts, Strong, link, phrase
from bots.portraits import diff_url, versions_of
from bots.speaker import Speaker
from deployments import lines, parameters
from deployments.models import Plan
from deployments.plans import Asked, Preview
from deployments.providers.contract import RELEASE
from deployments.selectors import authors, checks, merges
from deployments.selectors.environments import Step
from deployments.services import plans, promotion

SHOWN = 10


def plan(command: commands.Plan, speaker: Speaker) -> Message:
    wanted = finding.by_repository(speaker, command.deploy)
    asked = Asked(
        environment=finding.environment(speaker, wanted.app, wanted.environment),
        ref=wanted.ref or "",
        hosts=wanted.hosts,
        task=wanted.task,
        parameters=dict(wanted.parameters),
        why=wanted.reason,
        force=wanted.force,
        when_green=wanted.when_green,
    )
    made, shown = plans.make(asked, speaker.person)
    return _shown(made, shown, speaker)


def deploy_plan(command: commands.DeployPlan, speaker: Speaker) -> Message:
    found = plans.plan_for(speaker.person, command.code)
    speaker.about.add(found.environment.application_id)
    return acting.asked_for(plans.use(found, speaker.door), speaker)


def promote(command: commands.Promote, speaker: Speaker) -> Message:
    source = finding.environment(speaker, command.app, command.source)
    target = finding.environment(speaker, command.app, command.target)
    return acting.asked_for(promotion.promote(source, target, speaker.door), speaker)


def _shown(made: Plan, shown: Preview, speaker: Speaker) -> Message:
    """Show everything that would happen, every reason against it, and the line that does it."""
    place = shown.asked.environment
    line = lines.deploy_plan(made.code)
    address = urlencode({"ref": shown.asked.ref, "task": shown.asked.task})
    return Message(
        state="waiting" if shown.blockers else "",
        parts=phrase(
            "Plan ", Strong(made.code), " has 15 minutes: ", *_does(shown),
            ". Nothing has been done; to do exactly this: ", Line(line),
        ),
        fields=(
            Field("Version", _version(shown)),
            Field("Runs now", _runs(shown)),
            *_merges(shown),
            *_brings(shown, speaker),
            Field("Hosts", phrase(", ".join(shown.review.hosts) or "none")),
            *_order(shown),
            *_more(shown),
            Field("Checks", phrase(_checks(shown), *_waits(shown))),
            *_against(shown, speaker),
        ),
        items=_commits(shown),
        block="\n".join(_phase(step, shown) for step in shown.review.steps),
        buttons=(Button(f"Do it in {place.name}", line, danger=place.production),),
        url=f"{speaker.base}{place.get_absolute_url()}?{address}",
    )  # fmt: skip


def _does(shown: Preview) -> Parts:
    asked = shown.asked
    does, where = ("deploy", " to ") if asked.task == RELEASE else (f"run {asked.task} of", " in ")
    past = ", past its checks," if asked.force else ""
    what = Code(shown.review.resolved.sha[:7])
    place = asked.environment
    return phrase(f"{does} {place.application} ", what, past, where, Strong(place.name))


def _version(shown: Preview) -> Parts:
    resolved = shown.review.resolved
    name = f", the {resolved.kind} {resolved.ref}" if resolved.kind != "commit" else ""
    return phrase(Code(resolved.sha[:7]), name)


def _runs(shown: Preview) -> Parts:
    runs = shown.running
    if runs.is_mixed:
        return sayings.mixed(versions_of(runs))
    whole = runs.whole
    but = f", but {runs.but}" if runs.but else ""
    return phrase(Code(whole.sha[:7]), f" (#{whole.pk}){but}") if whole else phrase("nothing")


def _merges(shown: Preview) -> tuple[Field, ...]:
    """Say that the branch's own line would merge first, and a plan never does."""
    found, asked = shown.review.merge, shown.asked
    if found is None or asked.force:
        return ()
    place = asked.environment
    line = Line(lines.deploy(place.application.name, found.branch, place.name))
    now = phrase(f"{found}, with ", line, "; this plan deploys the commit as it is")
    return (Field("Merge", now), *(Field("In the way of the merge", phrase(str(one)))
            for one in merges.against(place, found)))  # fmt: skip


def _brings(shown: Preview, speaker: Speaker) -> tuple[Field, ...]:
    """Say what is new, and what would disappear."""
    found = shown.review.comparison
    if shown.asked.task != RELEASE:
        return ()
    if found is None:
        return (Field("Brings", phrase("everything: it is the first deployment there")),)
    if shown.review.is_same:
        return (Field("Brings", phrase("no new commit: the same version again")),)
    url = diff_url(shown.asked.environment, found.base, found.head, speaker.base)
    diff = (", ", Link("Show diff", url)) if url else ()
    brings = Field("Brings", phrase(_count(found.ahead), *diff))
    if not found.behind:
        return (brings,)
    run, them = ("runs", "it") if found.behind == 1 else ("run", "them")
    gone = f"{_count(found.behind)} that {run} now: it is not a descendant of {them}"
    return (brings, Field("Takes away", phrase(gone)))


def _count(commits: int) -> str:
    return f"{commits} commit{'' if commits == 1 else 's'}"


def _more(shown: Preview) -> tuple[Field, ...]:
    asked = shown.asked
    said = (
        ("Task", asked.task if asked.task != RELEASE else ""),
        ("Parameters", parameters.said(asked.parameters)),
        ("Why", asked.why),
    )
    return tuple(Field(label, phrase(text)) for label, text in said if text)


def _checks(shown: Preview) -> str:
    return ", ".join(f"{name} {state}" for name, state in shown.checks.items()) or "none reported"


def _waits(shown: Preview) -> tuple[str, ...]:
    """Say that it waits for those that have not passed."""
    asked, sha = shown.asked, shown.review.resolved.sha
    if not asked.when_green:
        return ()
    found = checks.problems(asked.environment, sha, always=True)
    return (f"; it waits: {'; '.join(found)}" if found else "; it need not wait",)


def _against(shown: Preview, speaker: Speaker) -> tuple[Field, ...]:
    if not shown.blockers:
        return (Field("In the way", phrase("nothing")),)
    return tuple(
        Field("In the way", phrase(link(blocker.text, url), f" {blocker.clears}"))
        for blocker in shown.blockers
        for url in [speaker.base + blocker.url if blocker.url else ""]
    )


def _commits(shown: Preview) -> tuple[Parts, ...]:
    found = shown.review.comparison
    if found is None:
        return ()
    by = authors.names(found.commits[:SHOWN])
    listed = [
        phrase(Code(one.sha[:7]), f" {one.subject} ({by[one.sha]})")
        for one in found.commits[:SHOWN]
    ]
    more = [phrase(f"and {found.ahead - SHOWN} more")] if found.ahead > SHOWN else []
    return (*listed, *more)


def _order(shown: Preview) -> tuple[Field, ...]:
    """Say in which order the hosts come, where that is not all at once."""
    order = shown.review.order
    return (Field("Order", phrase(order)),) if order else ()


def _phase(step: Step, shown: Preview) -> str:
    """Say a phase with its commands; its hosts only where they are not all."""
    where = f" on {', '.join(step.hosts)}" if len(step.hosts) < len(shown.review.hosts) else ""
    return "\n".join([f"{step.name}{where}", *(f"  {command}" for command in step.commands)])
