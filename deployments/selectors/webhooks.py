"""Webhooks and what they told, as far as a person may see it: whoever keeps an app's settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from django.conf import settings
from django.db.models import QuerySet

from deployments import rights, vault
from deployments.exceptions import DeploymentError, NotAllowed, NotFound
from deployments.forges.github import places
from deployments.forges.locations import HTTPS, SCP, SSH
from deployments.models import Application, Delivery, ForgeAccess, Person, Repository, Webhook

# By other names: https://docs.github.com/authentication/troubleshooting-ssh/using-ssh-over-the-https-port
ALSO = {"ssh.github.com": "github.com", "www.github.com": "github.com"}
FULL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,99}")

API = re.compile(r"(?P<api>https://[A-Za-z0-9.:-]{1,180}(?:/api/v3)?)/repos/")


def name_in(location: str) -> str:
    """Return owner/name as it stands in a repository's address; empty for one without."""
    match = HTTPS.fullmatch(location) or SSH.fullmatch(location) or SCP.fullmatch(location)
    name = match["path"].strip("/").removesuffix(".git") if match else ""
    return name if FULL_NAME.fullmatch(name) else ""


def api_of(repository: Repository, said: str = "") -> str:
    """Return the root of the API of the GitHub that a repository is at, by its address.

    Where that says nothing, as of a mirror on this machine, by what was said: an address at that
    API. Empty: nobody can tell, and no account is anybody's.
    """
    location = repository.location
    match = HTTPS.fullmatch(location) or SSH.fullmatch(location) or SCP.fullmatch(location)
    if match is None:
        found = API.match(said)
        return found["api"].lower() if found else ""
    host = match["host"].lower()
    host = ALSO.get(host, host)
    port = (match.groupdict().get("port") or "") if HTTPS.fullmatch(location) else ""
    return places.place(f"https://{host}{port}/owner/name").api


def secrets(hook: str) -> Iterator[tuple[Webhook, str]]:
    """Yield webhooks with their secrets, those first that are known by this id of the forge's.

    Then all of them: which id one has may be learnt between the two looks.
    """
    known = Webhook.objects.order_by("pk")
    for found in (known.filter(hook_id=hook), known) if hook else (known,):
        for webhook in found:
            with suppress(DeploymentError):  # its key is gone; the others are as good as ever
                yield webhook, vault.decrypt(webhook.secret_encrypted)


def of(repository: Repository) -> Webhook | None:
    return Webhook.objects.filter(repository=repository).first()


def of_app() -> list[Repository]:
    """Return the repositories that are read with the App whose own webhook tells of them.

    Each was opened with the App's key when it was set: it is one of the App's.
    """
    app = settings.SHIPMATE_GITHUB_APP
    if not app or not settings.SHIPMATE_GITHUB_APP_WEBHOOK_SECRET:
        return []
    at = places.api_of(settings.SHIPMATE_GITHUB_URL)
    found = Repository.objects.filter(forge="github", access__app=app).order_by("pk")
    return [each for each in found if api_of(each) == at]


def is_renamed(webhook: Webhook) -> bool:
    """Return whether GitHub calls the repository otherwise than its address does, as it told."""
    repository = webhook.repository
    set_here = name_in(repository.location) if repository.forge == "github" else ""
    return bool(set_here) and webhook.full_name.lower() != set_here.lower()


def is_asked(repository: Repository) -> bool:
    """Return whether GitHub can be asked if what is told in its name is true."""
    kept = ForgeAccess.objects.filter(repository=repository)
    return repository.forge == "github" and kept.exists()


def ping_since(webhook: Webhook) -> Delivery | None:
    """Return the ping that came since GitHub was asked for one."""
    pings = Delivery.objects.filter(repository=webhook.repository_id, event="ping")
    came = pings.filter(received_at__gte=webhook.pinged_at).defer("body", "headers")
    return came.order_by("pk").first() if webhook.pinged_at else None


def require(person: Person) -> None:
    """Refuse, naming who can, whoever keeps no settings anywhere."""
    if not rights.may_somewhere(person, "configure"):
        raise NotAllowed(
            f"{person} may not see what webhooks told: it takes a maintainer of something. "
            f"Ask {rights.who_may('configure')}."
        )


def deliveries(person: Person) -> QuerySet[Delivery]:
    """Return what was told of the repositories of apps that the person keeps, newest first.

    What came of it names any app of the repository: who may not see them all sees none of it.
    """
    require(person)
    found = Delivery.objects.select_related("repository__webhook").order_by("-pk")
    if rights.may(person, "configure"):
        return found
    kept = Application.objects.filter(pk__in=_kept(person))
    seen = rights.seen(person)
    unseen = (
        Application.objects.none() if seen is None else Application.objects.exclude(pk__in=seen)
    )
    return found.filter(repository__in=kept.values("repository")).exclude(
        repository__in=unseen.values("repository")
    )


def delivery(person: Person, number: int) -> Delivery:
    found = deliveries(person).filter(pk=number).first()
    if found is None:
        raise NotFound(f"There is no delivery {number} that {person} may see.")
    return found


def _kept(person: Person) -> list[int]:
    roles = rights.roles_of(person)
    apps = Application.objects.all()
    return [app.pk for app in apps if rights.may(person, "configure", app, roles)]
