"""Lines about who is speaking: tie an account, say who it is, untie it; tokens never in chat."""

from __future__ import annotations

from django.urls import reverse

from bots import accounts, sayings
from bots.language import commands
from bots.messages import Line, Link, Message, Strong
from bots.speaker import Speaker
from deployments.models import Role
from deployments.selectors.people import roles_for

HERE = "You are signed in here, so this is you already: "


def link(command: commands.Link, speaker: Speaker) -> Message:
    account = speaker.account
    if account is None:
        return sayings.note(HERE, Strong(str(speaker.person)), ".", quiet=True)
    if command.word:
        person = accounts.prove(account, command.word)
        said = ("Now I know you: this account is ", Strong(str(person)), "’s.")
        return sayings.note(*said, state="success", quiet=True)
    address = accounts.ask(account)
    return sayings.note(
        "Open this address within ten minutes, sign in, and type back to me the word that it "
        "shows. It is for you alone: ",
        Link(address, address),
        quiet=True,
    )


def who_am_i(command: commands.WhoAmI, speaker: Speaker) -> Message:
    if not speaker.is_known:
        name = speaker.account.name if speaker.account else str(speaker.person)
        said = ("To me you are ", Strong(name), ", and nobody I know. To tie this account to you: ")
        return sayings.note(*said, Line("link"), quiet=True)
    ceiling = speaker.person.ceiling
    here = f" From here you may do no more than a {ceiling}." if ceiling else ""
    roles = ", ".join(map(_role, roles_for(speaker.person))) or "no role yet"
    said = (
        "You are ",
        Strong(str(speaker.person)),
        f" ({speaker.person.username}): {roles}.{here}",
    )
    return sayings.note(*said, quiet=True)


def forget_me(command: commands.ForgetMe, speaker: Speaker) -> Message:
    account = speaker.account
    if account is None:
        return sayings.note(HERE, Strong(str(speaker.person)), ". Sign out to leave.", quiet=True)
    if account.person is None:
        return sayings.note("This account is tied to nobody.", quiet=True)
    accounts.forget(account, account.person)
    return sayings.note("Done: this account is tied to nobody any more.", quiet=True)


def deploy_token(command: commands.DeployToken, speaker: Speaker) -> Message:
    """Say where tokens are made; one that was typed was blanked before anything was kept."""
    page = speaker.base + reverse("tokens-settings")
    where = ("Tokens are made and revoked on the web, never in chat: ", Link(page, page))
    if not command.typed:
        return sayings.note(*where, quiet=True)
    said = "What you typed looks like a token. I kept nothing of it, but others may have read it: "
    return sayings.note(said, "revoke it where it was made. ", *where, state="error", quiet=True)


def _role(role: Role) -> str:
    return f"{role.name} of {role.environment or role.application or 'everything'}"
