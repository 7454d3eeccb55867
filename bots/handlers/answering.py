"""Lines that only ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of

from django.utils import timezone

from bots import sayings, tongue
from bots.handlers import finding
from bots.handlers.finding import Unknown
from bots.language import commands
from bots.language.nearest import nearest
from bots.language.table import help_lines, verbs
from bots.messages import Code, Message, Strong
from bots.naming import names_for
from bots.portraits import diff_url, portrait, previous_of, versions_of
from bots.sayings import CommitLine, Standing, Versions
from bots.speaker import Speaker
from deployments.exceptions import DeploymentError, UnknownRef
from deployments.models import Application, Deployment, Environment
from deployments.selectors import authors, code, locks, lookup, running
from deployments.selectors import log as logs
from deployments.selectors import waiting as pending
from deployments.selectors.running import Running
from deployments.templatetags.shipmate import relative
from deployments.terminal import plain
from deployments.web.looks import look_of

SHOWN = 10
MOST = 50
TAIL = 30
FEW = 8  # hosts that are named


def status(command: commands.Status, speaker: Speaker) -> Message:
    rows = finding.environments(speaker, command.app, command.environment)
    runs, held, waits = running.of(rows[:MOST]), locks.of(rows[:MOST]), pending.of(rows[:MOST])
    standings = [
        replace(
            _standing(place, runs[place.pk], speaker),
            locked=str(held[place.pk].person) if place.pk in held else "",
            waits=waits.get(place.pk, ""),
        )
        for place in rows[:MOST]
    ]
    return sayings.standings(standings, speaker.base + "/", more=len(rows) - len(standings))


def deploys(command: commands.Deploys, speaker: Speaker) -> Message:
    app = finding.application(speaker, command.app)
    rows = lookup.deployments_of(app)
    title = f"Deployments of {app}"
    if command.environment is not None:
        environment = finding.environment(speaker, app.name, command.environment)
        rows, title = rows.filter(environment=environment), f"{title} to {environment.name}"
    if command.ref is not None:
        rows, title = rows.filter(ref=command.ref), f"{title} from {command.ref}"
    views = [portrait(deployment, speaker.base, row=True) for deployment in rows[:SHOWN]]
    if command.ref is not None and not views:
        _require_ref(app, command.ref, speaker)
    return sayings.deployments(title, views, speaker.base + app.get_absolute_url())


def _require_ref(app: Application, ref: str, speaker: Speaker) -> None:
    """Refuse a ref that is not there, as far as is known, with those near to it."""
    known = names_for(speaker.person)
    if not known.is_ref(app.name, ref):
        text = f"{app} has no branch, tag or commit “{ref}”, and nothing was deployed from it."
        raise UnknownRef(text, known.near_refs(app.name, ref))


def diff(command: commands.Diff, speaker: Speaker) -> Message:
    """Answer what is not out yet; in a thread, what that deployment brought."""
    thread = speaker.deployment if command.app is None else None
    if thread is not None:
        previous = previous_of(thread)
        base = previous.sha if previous else ""
        return _difference(thread.environment, base, thread.sha, speaker)
    environment = finding.environment(speaker, command.app, command.environment)
    runs = running.in_(environment)
    if command.other is None:
        head = code.resolve(environment.application, "").sha
    else:
        other = finding.environment(speaker, command.app, command.other)
        there = running.in_(other)
        if there.is_mixed:
            return _not_one(other, there, speaker)
        head = there.shas[0] if there.shas else ""
    found = running.compared(environment.application, runs, head) if head else None
    return _difference(environment, found.base if found else "", head, speaker, versions_of(runs))


def log(command: commands.Log, speaker: Speaker) -> Message:
    deployment = finding.deployment(speaker, command.number)
    host = command.host or ""
    _require_host(deployment, host)
    shown = logs.newest(deployment, host=host).lines[-TAIL:]
    text = "\n".join(f"{line.host}: {plain(line.text)}" for line in shown)
    return sayings.log(portrait(deployment, speaker.base), text, host)


def _require_host(deployment: Deployment, host: str) -> None:
    """Refuse a host that the deployment does not know; before it begins nobody can tell."""
    known = list(deployment.phase_runs.order_by("host").values_list("host", flat=True).distinct())
    if host and known and host not in known:
        few = ", ".join(known[:FEW]) + (f" and {len(known) - FEW} more" if known[FEW:] else "")
        said = f"{deployment} has no host “{host}”. It has: {few}."
        raise Unknown(said, "host", nearest(host, known))


def show(command: commands.Show, speaker: Speaker) -> Message:
    return sayings.head(portrait(finding.deployment(speaker, command.number), speaker.base))


def help_(command: commands.Help, speaker: Speaker) -> Message:
    found = help_lines(command.word, verb=tongue.verb())
    return sayings.help_answer(found, command.word, _nearest_verbs(command.word))


def _nearest_verbs(word: str | None) -> Sequence[str]:
    """Return the words that help may have been wanted about."""
    own = tongue.verb()
    near = nearest(word, verbs(own)) if word else ()
    return [one for one in near if help_lines(one, verb=own)]


def version(command: commands.Version, speaker: Speaker) -> Message:
    try:
        number = version_of("shipmate")
    except PackageNotFoundError:
        number = "from a checkout"
    return sayings.note("This is ", Strong("Shipmate"), f", {number}.", quiet=True)


def _standing(environment: Environment, runs: Running, speaker: Speaker) -> Standing:
    standing = Standing(
        app=environment.application.name,
        environment=environment.name,
        versions=versions_of(runs),
        behind=_behind(environment, runs),
        odd=tuple(map(str, runs.odd)),
        url=speaker.base + environment.get_absolute_url(),
    )
    whole = runs.whole
    if whole is None:
        return standing
    finished = whole.finished_at
    return replace(
        standing,
        state=look_of(whole).data_state,
        number=whole.pk,
        ref=whole.ref,
        sha=whole.sha,
        but=runs.but,
        who=str(whole.person),
        since=relative(finished, timezone.now()) if finished else "",
        since_at=finished.isoformat() if finished else "",
    )


def _not_one(environment: Environment, runs: Running, speaker: Speaker) -> Message:
    return sayings.note(
        f"Nothing to compare with: {environment} is ",
        *sayings.mixed(versions_of(runs)),
        ".",
        url=speaker.base + environment.get_absolute_url(),
    )


def _behind(environment: Environment, runs: Running) -> int | None:
    """Return how many commits are not out; None where the repository does not say."""
    if not runs.shas:
        return None  # without having asked git
    try:
        head = code.refs(environment.application, fresh=False).head
        found = running.compared(environment.application, runs, head)
    except DeploymentError:
        return None
    return found.ahead if found else None


def _difference(
    environment: Environment, base: str, head: str, speaker: Speaker, versions: Versions = ()
) -> Message:
    if not base or not head:
        return sayings.note(f"Nothing to compare: {environment} has run nothing before.")
    if base == head and not versions:
        return sayings.note(Strong(str(environment)), " runs ", Code(head[:7]), ", the same.")
    found = code.between(environment.application, base, head)
    url = diff_url(environment, base, head, speaker.base)
    shown = found.commits[:SHOWN]
    by = authors.names(shown)
    commits = [CommitLine(c.sha, c.subject, by[c.sha]) for c in shown]
    counts = f": {found.ahead} ahead, {found.behind} behind."
    several = (*sayings.mixed(versions), "; from the one furthest away, ") if versions else ()
    return sayings.difference(
        f"{environment}: ",
        *several,
        Code(base[:7]),
        " → ",
        Code(head[:7]),
        counts,
        commits=commits,
        more=max(0, found.ahead - len(commits)),
        url=url,
    )
