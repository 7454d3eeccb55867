"""Who may do what: one table, one function that decides. Every door asks it, for the person."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal

from django.conf import settings
from django.db.models import Q, QuerySet

from deployments.exceptions import NotAllowed
from deployments.models import Application, Environment, Person, Role

Right = Literal["see", "deploy", "report", "force", "approve", "configure", "administer"]
Scope = Environment | Application | None

RANK = {"viewer": 1, "deployer": 2, "maintainer": 3, "admin": 4}

# The least role for each right, after the table in docs/security.md.
LEAST: dict[Right, str] = {
    "see": "viewer",  # see, search, comment
    "deploy": "deployer",  # deploy, retry, rollback, cancel one's own; locks; own tokens
    "report": "deployer",  # what checks say of commits
    "force": "maintainer",  # force past checks, cancel another's, open its lock, accept a host key
    "approve": "maintainer",  # what another asked for and may not begin by itself
    "configure": "maintainer",  # app, environments, hosts; commands, secrets and keys
    "administer": "admin",  # people and roles, outgoing messages
}
WORDS: dict[Right, str] = {
    "see": "see",
    "deploy": "deploy",
    "report": "report checks of",
    "force": "cancel what another started in",
    "approve": "approve deployments to",
    "configure": "change the settings of",
    "administer": "administer",
}
# The scope of a token that lets its person use a right; to see takes none.
NEEDS: dict[Right, str] = {
    "deploy": "deploy",
    "report": "statuses",
    "force": "force",
    "approve": "force",
    "configure": "admin",
    "administer": "admin",
}
MENDS_IT = "Make one that may under Settings → Tokens."


def may(
    person: Person, right: Right, scope: Scope = None, roles: Collection[Role] | None = None
) -> bool:
    """Return whether the person holds the right there, and the token they speak by allows it.

    `roles`: all of theirs, for who asks about many places at once. They are never kept for later.
    """
    if not person.is_active or beyond_token(person, right, scope):
        return False
    if right == "see":
        return _sees(person, scope)
    return rank(person, scope, roles) >= RANK[least(right, scope)]


def seen(person: Person) -> frozenset[int] | None:
    """Return the numbers of the only apps that the person may see; None: all.

    By a token bound to apps those; where SHIPMATE_CLOSED is set, those where they hold a role.
    """
    bound = frozenset(person.token.applications) if person.token else frozenset[int]()
    held = _where_held(person) if settings.SHIPMATE_CLOSED and not person.is_superuser else None
    if held is None:
        return bound or None
    return held & bound if bound else held


def _sees(person: Person, scope: Scope) -> bool:
    if scope is None:
        return True
    apps = seen(person)
    number = scope.application_id if isinstance(scope, Environment) else scope.pk
    return apps is None or number in apps


def _where_held(person: Person) -> frozenset[int] | None:
    """Return the apps in which the person holds any role; None: they hold one everywhere."""
    if not person.pk:
        return frozenset()
    held = set[int]()
    for role in person.roles.select_related("environment"):
        number = role.environment.application_id if role.environment else role.application_id
        if number is None:
            return None
        held.add(number)
    return frozenset(held)


def may_somewhere(person: Person, right: Right) -> bool:
    """Return whether the person holds the right for anything at all."""
    names = [name for name in RANK if RANK[name] >= RANK[LEAST[right]]]
    if not person.is_active or not _has_scope(person, right):
        return False
    return right == "see" or person.is_superuser or person.roles.filter(name__in=names).exists()


def beyond_token(person: Person, right: Right, scope: Scope = None) -> str:
    """Say why the token that the person speaks by does not allow it; empty: it does, or none."""
    token = person.token
    if token is None:
        return ""
    if not _has_scope(person, right):
        what, where = WORDS[right], scope or "Shipmate"
        return f"The token “{token.name}” may not {what} {where}: it has no scope “{NEEDS[right]}”."
    if token.applications and not (scope is None and right == "see"):
        number = scope.application_id if isinstance(scope, Environment) else scope and scope.pk
        if number not in token.applications:
            return f"The token “{token.name}” is bound to other apps than {scope or 'all'}."
    return ""


def _has_scope(person: Person, right: Right) -> bool:
    return person.token is None or right == "see" or NEEDS[right] in person.token.scopes


def require(person: Person, right: Right, scope: Scope = None, *, doing: str = "") -> None:
    """Refuse, naming who can, unless the person holds the right there."""
    if not may(person, right, scope):
        raise NotAllowed(refusal(person, right, scope, doing=doing))


def refusal(person: Person, right: Right, scope: Scope = None, *, doing: str = "") -> str:
    """Say that the person may not, which role may, and who has it. `doing`: what, in a word."""
    beyond = beyond_token(person, right, scope)
    if beyond:
        return f"{beyond} {MENDS_IT}"
    where = str(scope) if scope is not None else "Shipmate"
    role = least(right, scope)
    what = doing or WORDS[right]
    one = f"an {role}" if role == "admin" else f"a {role}"
    return f"{person} may not {what} {where}: it takes {one}. Ask {who_may(right, scope)}."


def least(right: Right, scope: Scope = None) -> str:
    """Return the least role for the right; an environment may ask more for deploying."""
    if right == "deploy" and isinstance(scope, Environment):
        return max(LEAST[right], scope.deploys, key=RANK.__getitem__)
    return LEAST[right]


def rank(person: Person, scope: Scope = None, roles: Collection[Role] | None = None) -> int:
    """Return the rank of the highest role that covers the scope, up to the door's ceiling."""
    return min(_held(person, scope, roles), RANK.get(person.ceiling, RANK["admin"]))


def _held(person: Person, scope: Scope, roles: Collection[Role] | None) -> int:
    if not person.pk:
        return 0  # nobody knows who it is
    if person.is_superuser:
        return RANK["admin"]
    held = roles_of(person) if roles is None else roles
    return max((RANK[role.name] for role in held if covers(role, scope)), default=0)


def roles_of(person: Person | None) -> list[Role]:
    """Return the person's roles, wherever they hold them."""
    return list(person.roles.all()) if person is not None and person.pk else []


def covers(role: Role, scope: Scope) -> bool:
    """Return whether the role counts there: given everywhere, for its app, for itself."""
    if role.application_id is None and role.environment_id is None:
        return True
    if isinstance(scope, Environment):
        return role.application_id == scope.application_id or role.environment_id == scope.pk
    return isinstance(scope, Application) and role.application_id == scope.pk


def covering(scope: Scope) -> Q:
    """Match the roles that `covers` says count there, for lists of people."""
    everywhere = Q(application=None, environment=None)
    if isinstance(scope, Environment):
        return everywhere | Q(application=scope.application_id) | Q(environment=scope)
    if isinstance(scope, Application):
        return everywhere | Q(application=scope)
    return everywhere


def holders(right: Right, scope: Scope = None) -> QuerySet[Person]:
    """Return the people who hold the right there."""
    names = [name for name in RANK if RANK[name] >= RANK[least(right, scope)]]
    roles = Role.objects.filter(covering(scope), name__in=names)
    return Person.objects.filter(
        Q(pk__in=roles.values("person")) | Q(is_superuser=True), is_active=True
    ).order_by("username")


def who_may(right: Right, scope: Scope = None) -> str:
    """Name up to three people who can, for the end of a refusal."""
    names = [person.username for person in holders(right, scope)[:4]]
    if not names:
        return "an administrator to give somebody that role"
    return ", ".join(names[:3]) + (" or another" if len(names) > 3 else "")


def who_can(right: Right, scope: Scope = None) -> str:
    """Name the role, the place and up to four people: “Maintainers of web: Ana, Ben”."""
    return naming(right, scope, holders(right, scope)[:5])


def naming(right: Right, scope: Scope, people: Iterable[Person]) -> str:
    """Name the role, the place and the first four of those who hold the right there."""
    found = [str(person) for person in people]
    where = f" of {scope}" if scope is not None else ""
    named = ", ".join(found[:4]) + (" and others" if len(found) > 4 else "")
    return f"{least(right, scope).capitalize()}s{where}: {named or 'nobody yet'}"
