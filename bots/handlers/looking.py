"""Lines that look for something: a commit, a person's work, a place to deploy, the history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from bots import answers
from bots.answers import Gap, Sighting, Standpoint, Stop
from bots.handlers import finding
from bots.language import commands
from bots.language.nearest import nearest
from bots.messages import Message
from bots.naming import names_for
from bots.portraits import diff_url, portrait, versions_of
from bots.sayings import CommitLine, sorry
from bots.speaker import Speaker
from deployments import blockers, drift, lines
from deployments.blockers import Blocker
from deployments.drift import Whereabouts
from deployments.exceptions import DeploymentError, ForgeError, RepositoryAway
from deployments.forges.contract import Commit
from deployments.models import Application, Deployment, Environment, Person
from deployments.selectors import authors, code, history, lookup, running
from deployments.selectors.running import Running
from deployments.templatetags.shipmate import relative

SHOWN = 10
ASKED = 20  # apps whose repositories are asked for a commit that no app was named with
AUTHORS = 4
FEW = 3  # suggestions
LATELY = 200  # commits that are looked through for somebody's work


def where_is(command: commands.WhereIs, speaker: Speaker) -> Message:
    if command.person is not None:
        return _work_of(command.person, speaker)
    found, trouble = _commits(command, speaker)
    if not found:
        name = lines.named(command.app, command.ref) if command.app else command.ref or ""
        near = _meant_instead(command, speaker)
        asks = [f"No repository here has “{name}”.", *trouble, *["Did you mean:"] * bool(near)]
        return sorry(" ".join(asks), suggestions=near)
    return _told(found, trouble, speaker)


def where_can_i_deploy(command: commands.WhereCanIDeploy, speaker: Speaker) -> Message:
    app = finding.application(speaker, command.app)
    places = lookup.environments_of(app)
    runs = running.of(places)
    standing = blockers.of(places, speaker.person, sha=code.head(app))
    found = [_standpoint(place, runs[place.pk], standing[place.pk], speaker) for place in places]
    url = speaker.base + app.get_absolute_url()
    return answers.where_can_i(app.name, str(speaker.person), found, url)


def deploy_status(command: commands.DeployStatus, speaker: Speaker) -> Message:
    if command.environment is not None:
        places = [finding.environment(speaker, command.app, command.environment)]
    else:
        places = finding.environments(speaker, command.app, None)
    runs = running.of(places)
    return answers.deploy_status(
        command.app, [_gap(place, runs[place.pk], speaker) for place in places]
    )


def search_(command: commands.Search, speaker: Speaker) -> Message:
    found = history.find(speaker.person, command.query, limit=SHOWN)
    speaker.about.update(one.environment.application_id for one in found.deployments)
    views = [portrait(one, speaker.base, row=True) for one in found.deployments]
    url = f"{speaker.base}{reverse('history')}?{urlencode({'q': command.query})}"
    more = found.older is not None
    return answers.found(command.query, views, url, more=more, stop=_stop(found, url, speaker))


def _stop(found: history.Page, url: str, speaker: Speaker) -> Stop | None:
    """Tell where a search stopped whose time was over."""
    if found.reached is None:
        return None
    at, zone = found.reached.at, ZoneInfo(speaker.person.time_zone or "UTC")
    return Stop(
        at=f"{at.astimezone(zone):%-d %B %Y}" if at else "",
        exactly=at.isoformat() if at else "",
        url=f"{url}&{urlencode({'before': found.older or 0})}",
    )


# ---- Where is ----


def _commits(
    command: commands.WhereIs, speaker: Speaker
) -> tuple[list[tuple[Application, str]], list[str]]:
    """Return the apps that have the commit, and what could not be asked."""
    apps, ref = _meant(command, speaker)
    found: list[tuple[Application, str]] = []
    trouble: list[str] = []
    for app in apps[:ASKED]:
        try:
            found.append((app, code.resolve(app, ref).sha))
        except RepositoryAway as error:
            trouble.append(f"{app}: {error}")
        except ForgeError:
            continue
    if len(apps) > ASKED:
        trouble.append(f"Only {ASKED} apps were asked; name one: where is APP/{ref}")
    return found, trouble


def _meant(command: commands.WhereIs, speaker: Speaker) -> tuple[list[Application], str]:
    """Read `a/b` as a branch where no app is called `a`."""
    ref = command.ref or ""
    seen = list(lookup.applications_for(speaker.person))
    named = [app for app in seen if command.app and app.name == command.app.lower()]
    if command.app and (command.link or not named):
        ref = lines.named(command.app, ref)
        name, sign, number = ref.partition("#")
        if command.link:
            named = finding.linked(seen, command.link, name)
        else:
            named = finding.of_repository(seen, name) if sign else []
        ref = f"#{number}" if named else ref
    speaker.about.update(app.pk for app in named or seen)
    return named or seen, ref


def _meant_instead(command: commands.WhereIs, speaker: Speaker) -> list[str]:
    """Return lines about what is called nearly so: an app, a person, a branch, a tag."""
    apps, ref = _meant(command, speaker)
    if any(app.name == ref.lower() for app in apps):
        return [lines.status(ref.lower())]
    known = names_for(speaker.person)
    one = apps[0].name if len(apps) == 1 else None
    refs = [near for app in apps[:ASKED] for near in known.near_refs(app.name, ref)]
    people = nearest(ref, _authors(apps)) if len(ref) > 1 else []
    found = [lines.where_is(person=name) for name in people]
    found += [lines.where_is(near, app=one) for near in refs]
    return list(dict.fromkeys(filter(None, found)))[:FEW]


def _work_of(name: str, speaker: Speaker) -> Message:
    """Follow the newest commit of somebody in each app."""
    apps = list(lookup.applications_for(speaker.person))[:ASKED]
    speaker.about.update(app.pk for app in apps)
    known = list(Person.objects.filter(username__iexact=name))
    called = {name.casefold(), *(one.name.casefold() for one in known if one.name)}
    found = [(app, sha) for app in apps if (sha := _newest_by(app, called, known))]
    if not found:
        near = [lines.where_is(person=other) for other in nearest(name, _authors(apps))]
        asks = " Did you mean:" if near else ""
        text = f"None of the newest commits of any app is by “{name}”.{asks}"
        return sorry(text, suggestions=near)
    return _told(found, [], speaker)


def _newest_by(app: Application, called: set[str], known: list[Person]) -> str:
    """Return the newest commit of theirs on the default branch. What somebody else proved to be
    theirs is not taken for it, whatever name it bears."""
    lately = _lately(app)
    people = authors.of(lately) if known else {}
    for one in lately:
        person = people.get(one.author_email)
        if person in known if person else called & set(_names(one)):
            return one.sha
    return ""


def _authors(apps: Iterable[Application]) -> list[str]:
    """Return what people who wrote the newest commits may be called, in a word each."""
    names = (name for app in apps for commit in _lately(app) for name in _names(commit))
    return list(dict.fromkeys(name for name in names if lines.where_is(person=name)))


def _lately(app: Application) -> list[Commit]:
    try:
        return code.commits(app, code.resolve(app, "").sha, LATELY)
    except DeploymentError:
        return []


def _names(commit: Commit) -> list[str]:
    """Return what somebody who wrote a commit may be called."""
    full, mail = commit.author_name.casefold(), commit.author_email.casefold()
    return [full.split(" ")[0], mail.partition("@")[0], full, mail]


def _told(found: list[tuple[Application, str]], trouble: list[str], speaker: Speaker) -> Message:
    """Tell of each app; of one whose repository cannot tell, why."""
    told = []
    for app, sha in found[:SHOWN]:
        try:
            told.append(_places(app, sha, speaker))
        except DeploymentError as error:
            trouble.append(f"{app}: {error}")
    return _joined(told, trouble) if told else sorry(" ".join(trouble))


def _places(app: Application, sha: str, speaker: Speaker) -> Message:
    places = list(lookup.environments_for(speaker.person).filter(application=app))
    seen = [_sighting(one, speaker) for one in drift.whereabouts(places, sha)]
    newest = code.commits(app, sha, 1)[:1]
    subject = newest[0].subject if newest else ""
    author = next(iter(authors.names(newest).values()), "")
    return answers.where_is(app.name, CommitLine(sha, subject, author), seen)


def _joined(messages: list[Message], trouble: list[str]) -> Message:
    """Return one message; one app's answer stands by itself."""
    if len(messages) == 1 and not trouble:
        return messages[0]
    items = [part for one in messages for part in (one.parts, *one.items)]
    return answers.several(items, trouble)


def _sighting(found: Whereabouts, speaker: Speaker) -> Sighting:
    how, told = _how(found)
    return Sighting(
        environment=found.environment.name,
        url=speaker.base + found.environment.get_absolute_url(),
        how=how,
        hosts=found.hosts,
        of=found.of,
        since=_ago(found.since),
        since_at=found.since.isoformat() if found.since else "",
        number=told.pk if told else None,
        number_url=speaker.base + told.get_absolute_url() if told else "",
        behind=found.behind or 0,
        odd=tuple(map(str, found.odd)),
    )


def _how(found: Whereabouts) -> tuple[str, Deployment | None]:
    """Say in a word how it stands, and which deployment that is about."""
    if found.is_live:
        return "live", found.brought
    if found.coming:
        return "coming", found.coming
    if found.brought:
        return "gone", found.gone
    return ("waiting" if found.behind is not None else "nothing"), None


# ---- Places ----


def _standpoint(
    place: Environment, runs: Running, standing: list[Blocker], speaker: Speaker
) -> Standpoint:
    against = blockers.refusals(standing)
    return Standpoint(
        environment=place.name,
        url=speaker.base + place.get_absolute_url(),
        sha=runs.whole.sha if runs.whole else "",
        ref=runs.whole.ref if runs.whole else "",
        versions=versions_of(runs),
        reasons=tuple(map(str, against)),
        waits=tuple(blocker.text for blocker in standing if blocker.waits),
    )


def _gap(place: Environment, runs: Running, speaker: Speaker) -> Gap:
    """Compare what runs with the default branch, as the repository is now."""
    app, whole = place.application, runs.whole
    gap = Gap(
        environment=place.name,
        url=speaker.base + place.get_absolute_url(),
        sha=whole.sha if whole else "",
        versions=versions_of(runs),
        odd=tuple(map(str, runs.odd)),
    )
    try:
        head = code.resolve(app, "")
        found = running.compared(app, runs, head.sha)
    except DeploymentError as error:
        return replace(gap, trouble=str(error))
    if found is None:
        return gap
    wrote = tuple(dict.fromkeys(authors.names(found.commits).values()))
    return replace(
        gap,
        branch=head.ref,
        ahead=found.ahead,
        behind=found.behind,
        authors=_few(wrote),
        diff_url=diff_url(place, found.base, found.head, speaker.base),
    )


def _few(names: Iterable[str]) -> tuple[str, ...]:
    listed = tuple(names)
    more = len(listed) - AUTHORS
    return (*listed[:AUTHORS], f"{more} more") if more > 0 else listed


def _ago(at: datetime | None) -> str:
    return relative(at, timezone.now()) if at else ""
