"""Who left the organisation acts here no longer by the account that they have linked."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from django.utils import timezone

from deployments.exceptions import DeploymentError, RepositoryAway
from deployments.forges.github import members
from deployments.forges.github.access import App, Token
from deployments.models import ForgeAccount, Repository
from deployments.selectors import code, ways

KEPT = timedelta(minutes=10)  # GitHub is asked again then


class Account(Protocol):
    """An account as GitHub itself has just named it."""

    @property
    def base_url(self) -> str: ...
    @property
    def uid(self) -> int: ...
    @property
    def login(self) -> str: ...


def doubt(repository: Repository, said: Account) -> str:
    """Say why nobody knows the account for a member's still; empty: it is one, or need not be.

    The repository's own credential asks. Never inside a transaction. Raises RepositoryAway where
    GitHub does not answer now: it will.
    """
    way, login = ways.at(said.base_url), said.login
    if way is None or not way.members:
        return ""
    account = ForgeAccount.objects.filter(base_url=way.place, uid=said.uid)
    now, places = timezone.now(), " or ".join(way.members)
    if account.filter(member_at__gt=now - KEPT, member_at__lte=now).exists():
        return ""
    access = code.source_of(repository).access
    if not isinstance(access, Token | App):
        return f"Without a credential nobody can ask whether {login} is in {places} at GitHub"
    try:
        is_member = members.is_member(access.caller(), login, way.members)
    except RepositoryAway:
        raise
    except DeploymentError as error:
        return f"Nobody can tell whether {login} is in {places}. {error}".rstrip(".")
    account.update(member_at=now if is_member else None)
    return "" if is_member else f"{login} is no member of {places} at GitHub"
