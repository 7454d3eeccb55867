"""Settings of who else may vouch for people, where they are half set or cannot be meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error

GITHUB = ("SHIPMATE_GITHUB_CLIENT_ID", "SHIPMATE_GITHUB_CLIENT_SECRET")
OIDC = ("SHIPMATE_OIDC_ISSUER", "SHIPMATE_OIDC_CLIENT_ID", "SHIPMATE_OIDC_CLIENT_SECRET")
WHERE = "docs/sign-in.md says where they come from; unset all of them to do without."
MEMBERS = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)?")
ROLES = ("", "viewer", "deployer", "maintainer")
LONGEST = 200  # of an issuer


def ways(**_: Any) -> list[CheckMessage]:
    """Say what is lacking or wrong."""
    return [*_github(), *_oidc(), *_joining("GITHUB", "E033"), *_joining("OIDC", "E037")]


def _github() -> Iterator[CheckMessage]:
    yield from _half_set(GITHUB, "SHIPMATE_GITHUB_MEMBERS", "E030")
    address = urlsplit(settings.SHIPMATE_GITHUB_URL)
    if address.scheme != "https" or not address.netloc or address.path:
        yield Error(
            f"SHIPMATE_GITHUB_URL is “{settings.SHIPMATE_GITHUB_URL}”, where no GitHub can be.",
            hint="Write https:// and a name alone, such as https://github.example.com.",
            id="shipmate.E031",
        )
    for each in settings.SHIPMATE_GITHUB_MEMBERS:
        if not MEMBERS.fullmatch(each):
            yield Error(
                f"SHIPMATE_GITHUB_MEMBERS has “{each}”, which is no organisation and no team.",
                hint="Write acme for an organisation, or acme/ops for a team.",
                id="shipmate.E032",
            )


def _oidc() -> Iterator[CheckMessage]:
    yield from _half_set(OIDC, "SHIPMATE_OIDC_MEMBERS", "E034")
    issuer = settings.SHIPMATE_OIDC_ISSUER
    if issuer and (not _is_safe(issuer) or len(issuer) > LONGEST):
        yield Error(
            f"SHIPMATE_OIDC_ISSUER is “{issuer[:LONGEST]}”, which nobody can trust.",
            hint="Write the issuer as its own discovery document has it; it begins with https:// "
            f"and has at most {LONGEST} characters.",
            id="shipmate.E035",
        )
    for each in settings.SHIPMATE_OIDC_MEMBERS:
        name, sign, value = each.rpartition("=")
        if not value or (sign and not name):
            yield Error(
                f"SHIPMATE_OIDC_MEMBERS has “{each}”, which is no claim.",
                hint="Write hd=example.com for a claim, or deployers alone for a group.",
                id="shipmate.E036",
            )


def _half_set(names: tuple[str, ...], other: str, number: str) -> Iterator[CheckMessage]:
    lacking = [name for name in names if not getattr(settings, name)]
    if lacking and (len(lacking) < len(names) or getattr(settings, other)):
        yield Error(
            f"Nobody can sign in that way without {' and '.join(lacking)}.",
            hint=f"Set it. {WHERE}",
            id=f"shipmate.{number}",
        )


def _joining(kind: str, number: str) -> Iterator[CheckMessage]:
    name, members = f"SHIPMATE_{kind}_JOIN", f"SHIPMATE_{kind}_MEMBERS"
    role = getattr(settings, name)
    if role not in ROLES:
        yield Error(
            f"{name} is “{role}”, which is no role that people may come with.",
            hint="Write viewer, deployer or maintainer, or leave it out. Administrators are made "
            "by administrators.",
            id=f"shipmate.{number}",
        )
    elif role and not getattr(settings, members):
        yield Error(
            f"{name} lets members join, and nothing says of what.",
            hint=f"Set {members} too; else anybody with an account there could come in.",
            id=f"shipmate.{number}",
        )


def _is_safe(issuer: str) -> bool:
    """Return whether the issuer is reached by https, or on this machine for a trial."""
    address = urlsplit(issuer)
    return address.scheme == "https" or (
        address.scheme == "http" and address.hostname in {"127.0.0.1", "localhost", "::1"}
    )
