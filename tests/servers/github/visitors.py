"""What GitHub answers to people who have let an OAuth App ask in their name."""

from __future__ import annotations

from tests.servers.github.asking import Answer, Asked, Refused
from tests.servers.github.description import completed
from tests.servers.github.hub import Member


def user(asked: Asked) -> Answer:
    member, _ = _visitor(asked)
    about = {"id": member.uid, "login": member.login, "name": member.name, "email": None}
    return 200, completed("public-user", {**about, "user_view_type": "public"})


def addresses(asked: Asked) -> Answer:
    member, scopes = _visitor(asked)
    if "user:email" not in scopes:
        raise Refused(404, "Not Found")
    rest = {"primary": False, "visibility": None}
    return 200, [
        {"email": address, "verified": verified, **rest}
        for address, verified in member.addresses.items()
    ]


def own_membership(asked: Asked) -> Answer:
    """Say whether the visitor is in the organisation, if they let the App ask that."""
    member, scopes = _visitor(asked)
    place = asked.parts["org"]
    if "read:org" not in scopes:
        raise Refused(403, "You need at least read:org scope to get your own membership.")
    if place in asked.hub.closed:
        text = f"Although you appear to have the correct authorization credentials, the `{place}`"
        raise Refused(403, f"{text} organization has enabled OAuth App access restrictions.")
    if place not in member.belongs:
        raise Refused(404, "Not Found")
    about = {"state": member.belongs[place], "role": "member"}
    return 200, completed("org-membership", about)


def membership(asked: Asked) -> Answer:
    """Say whether somebody is in the organisation, to its members who let the token ask that."""
    place = asked.parts["org"]
    if asked.token not in asked.hub.org_readers:
        raise Refused(403, f"You must be a member of {place} to see membership information.")
    member = asked.hub.members.get(asked.parts["username"])
    if member is None or place not in member.belongs:
        raise Refused(404, "Not Found")
    about = {"state": member.belongs[place], "role": "member"}
    return 200, completed("org-membership", about)


def team_membership(asked: Asked) -> Answer:
    """Say whether somebody is in the team, to who may see it: a secret one shows to its members."""
    member = asked.hub.members.get(asked.parts["username"])
    place = f"{asked.parts['org']}/{asked.parts['team_slug']}"
    if member is None or place not in member.belongs or not _sees(asked, member):
        raise Refused(404, "Not Found")
    return 200, completed("team-membership", {"state": member.belongs[place], "role": "member"})


def _sees(asked: Asked, member: Member) -> bool:
    if asked.token in asked.hub.org_readers:
        return True
    visitor, scopes = _visitor(asked)
    return "read:org" in scopes and visitor == member


def _visitor(asked: Asked) -> tuple[Member, set[str]]:
    if asked.token not in asked.hub.visits:
        raise Refused(403, "Resource not accessible by personal access token")
    return asked.hub.visits[asked.token]
