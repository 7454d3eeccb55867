"""Every line of the language, once: it is parsed, explained and listed from here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from bots.language import finding, grammar, identity, locking
from bots.language.clauses import SMALL_WORDS
from bots.language.commands import Command
from bots.language.words import STEP, Reader
from deployments.lines import plural, spoken


@dataclass(frozen=True)
class Pattern:
    """One line: the words it begins with, how it is written, what it does, from which step on."""

    heads: tuple[str, ...]
    usage: str
    step: int
    parse: Callable[[Reader], Command] | None = None
    help: str = ""
    example: str = ""
    suffixed: bool = False  # the first word may go on: deploy:task, deploy!
    in_thread: bool = False  # a whole message in a deployment's thread, without the bot's name
    answers: bool = False  # a whole message where the bot has asked this person

    @property
    def name(self) -> str:
        return self.heads[0]


def _later(
    step: int, usage: str, *heads: str, suffixed: bool = False, in_thread: bool = False
) -> Pattern:
    return Pattern(heads, usage, step, suffixed=suffixed, in_thread=in_thread)


TABLE: tuple[Pattern, ...] = (
    Pattern(
        ("deploy",),
        "deploy[:TASK][!] APP[/REF] [to ENV[/HOSTS]] [KEY=VALUE …] [when green] [because REASON]",
        1,
        grammar.deploy,
        "deploys a branch, tag or commit, or a pull request (web#123); without a ref the default "
        "branch; with “when green” as soon as its checks have passed",
        "deploy web/fix-login to staging",
        suffixed=True,
    ),
    Pattern(
        ("retry",),
        "retry [#NUMBER]",
        1,
        grammar.retry,
        "runs again what failed or was cancelled, as a new deployment",
        "retry #812",
        in_thread=True,
    ),
    Pattern(
        ("retry failed hosts",),
        "retry failed hosts [#NUMBER]",
        4,
        grammar.retry_failed_hosts,
        "runs it again on the hosts where it did not end well, and leaves the others alone",
        "retry failed hosts #812",
        in_thread=True,
    ),
    Pattern(
        ("go on",),
        "go on [#NUMBER]",
        4,
        grammar.go_on,
        "lets a deployment that is paused behind its first host go on",
        "go on #812",
        in_thread=True,
    ),
    Pattern(
        ("cancel",),
        "cancel [#NUMBER]",
        1,
        grammar.cancel,
        "stops a deployment that waits or runs",
        "cancel #812",
        in_thread=True,
    ),
    Pattern(
        ("approve",),
        "approve [#NUMBER]",
        4,
        grammar.approve,
        "lets a deployment begin that waits for approval; never one's own",
        "approve #812",
        in_thread=True,
    ),
    Pattern(
        ("reject",),
        "reject [#NUMBER] because REASON",
        4,
        grammar.reject,
        "ends a deployment that waits for approval, and tells why",
        "reject #812 because the demo is on",
    ),
    Pattern(
        ("rollback",),
        "rollback APP in ENV [to #NUMBER]",
        1,
        grammar.rollback,
        "goes back to the version that ran before, or to the one of a deployment",
        "rollback web in production",
        in_thread=True,
    ),
    Pattern(
        ("status",),
        "status [APP] [in ENV]",
        1,
        grammar.status,
        "what runs where, since when, by whom",
        "status web",
    ),
    Pattern(
        ("deploys", "deployments"),
        "deploys APP[/REF] [in ENV]",
        1,
        grammar.deploys,
        "the recent deployments of an app",
        "deploys web in production",
    ),
    Pattern(
        ("diff",),
        "diff APP [in ENV] | diff APP ENV ENV",
        1,
        grammar.diff,
        "the commits that are not out yet, and a link to their diff",
        "diff web in production",
        in_thread=True,
    ),
    Pattern(
        ("why",),
        "why APP [in ENV]",
        1,
        grammar.why,
        "every reason that blocks a deployment now, and who or what clears each",
        "why web in production",
        in_thread=True,
    ),
    Pattern(
        ("log",),
        "log #NUMBER [HOST]",
        1,
        grammar.log,
        "the last lines of a deployment's log",
        "log #812",
        in_thread=True,
    ),
    Pattern(
        ("show",),
        "show #NUMBER",
        1,
        grammar.show,
        "one deployment with its link",
        "show #812",
        in_thread=True,
    ),
    Pattern(("help",), "help [WORD]", 1, grammar.help_, "these lines", "help deploy"),
    Pattern(
        ("deploy:version",),
        "deploy:version",
        1,
        grammar.version,
        "which Shipmate this is",
        "deploy:version",
    ),
    Pattern(
        ("yes",), "yes", 1, grammar.yes, "answers the bot's question: do it", "yes", answers=True
    ),
    Pattern(
        ("no",), "no", 1, grammar.no, "answers the bot's question: leave it", "no", answers=True
    ),
    Pattern(
        ("plan",),
        "plan[:TASK][!] APP[/REF] [to ENV[/HOSTS]] [KEY=VALUE …] [when green] [because REASON]",
        2,
        grammar.plan,
        "everything that a deployment would do, with a code; nothing is done",
        "plan web/fix-login to production",
        suffixed=True,
    ),
    Pattern(
        ("deploy plan",),
        "deploy plan CODE",
        2,
        grammar.deploy_plan,
        "deploys exactly what a plan showed, if nothing of it has moved since",
        "deploy plan 7fk3",
    ),
    Pattern(
        ("promote",),
        "promote APP from ENV to ENV",
        2,
        grammar.promote,
        "deploys to one environment the commit that runs in another",
        "promote web from qa to production",
    ),
    Pattern(
        ("lock", "deploy:lock"),
        "lock APP [in ENV] [for 2h] [because REASON]",
        2,
        locking.lock,
        "keeps everybody else from deploying there, for a while or until it is unlocked",
        "lock web in staging for 2h because we test the search",
        in_thread=True,
    ),
    Pattern(
        ("unlock", "deploy:unlock"),
        "unlock APP [in ENV]",
        2,
        locking.unlock,
        "opens it again",
        "unlock web in staging",
        in_thread=True,
    ),
    Pattern(
        ("locks",),
        "locks",
        2,
        locking.locks,
        "what is locked, by whom and why",
        "locks",
    ),
    Pattern(
        ("where can i deploy", "wcid"),
        "where can i deploy APP",
        2,
        finding.where_can_i_deploy,
        "its environments, what runs there, and whether you may",
        "where can i deploy web",
    ),
    Pattern(
        ("where is",),
        "where is SHA | where is [APP/]REF | where is @PERSON",
        2,
        finding.where_is,
        "where a commit, a pull request (web#123) or somebody's work is live or waits",
        "where is 4f2c1a",
    ),
    Pattern(
        ("deploy-status",),
        "deploy-status [for] APP [in ENV]",
        2,
        finding.deploy_status,
        "how far what runs is behind or ahead of the default branch",
        "deploy-status for web in production",
        suffixed=True,
    ),
    Pattern(
        ("which checks failed",),
        "which checks failed [for] APP [in ENV]",
        2,
        finding.which_checks_failed,
        "what has not passed of the checks of a commit",
        "which checks failed for web in production",
        in_thread=True,
    ),
    Pattern(
        ("search",),
        "search [app:APP] [env:ENV] [state:STATE] [by:PERSON] [since:7d] [WORDS]",
        2,
        finding.search,
        "looks through the history of deployments",
        "search app:web state:failure since:7d",
    ),
    Pattern(("link",), "link", 2, identity.link, "ties this account to you", "link"),
    Pattern(("who am i",), "who am i", 2, identity.who_am_i, "who you are to me", "who am i"),
    Pattern(
        ("forget me",),
        "forget me",
        2,
        identity.forget_me,
        "unties this account",
        "forget me",
    ),
    Pattern(
        ("deploy-token",),
        "deploy-token:…",
        2,
        identity.deploy_token,
        "where tokens are set: on the web, never in chat",
        "deploy-token:verify:github",
        suffixed=True,
    ),
    _later(9, "tell me when SHA is in ENV", "tell me when"),
    _later(9, "what was in ENV at TIME", "what was in"),
    _later(9, "changed ENV since TIME", "changed"),
    _later(9, "steal APP in ENV because REASON", "steal"),
    _later(9, "queue APP in ENV", "queue"),
    _later(9, "freeze ENV from TIME to TIME because REASON", "freeze"),
    _later(9, "unfreeze ENV", "unfreeze"),
    _later(9, "freezes", "freezes"),
    _later(9, "auto-deploy:status APP", "auto-deploy", suffixed=True),
    _later(9, "graph TARGET", "graph"),
    _later(9, "command [NAME [ARGUMENTS]]", "command"),
)


def unspoken(text: str, verb: str) -> str:
    """Return what the team says with “deploy” in place of its own verb."""
    return re.sub(rf"\b{re.escape(verb)}\b", "deploy", text).replace(plural(verb), "deploys")


@lru_cache(maxsize=16)
def heads(verb: str) -> dict[str, tuple[tuple[tuple[str, ...], Pattern], ...]]:
    """Return the lines by their first word, the longest beginning first."""
    found: dict[str, list[tuple[tuple[str, ...], Pattern]]] = {}
    for pattern in TABLE:
        for head in pattern.heads:
            words = tuple(spoken(head, verb).split())
            found.setdefault(words[0], []).append((words, pattern))
    return {
        first: tuple(sorted(lines, key=lambda line: -len(line[0])))
        for first, lines in found.items()
    }


def verbs(verb: str = "deploy", step: int = STEP) -> list[str]:
    """Return the first words of the lines that act."""
    acting = (pattern for pattern in TABLE if pattern.step <= step)
    return [spoken(head, verb) for pattern in acting for head in pattern.heads]


def reserved(verb: str = "deploy") -> frozenset[str]:
    """Return the words that no application may be called."""
    return frozenset(heads(verb)) | frozenset(SMALL_WORDS)


def help_lines(
    word: str | None = None, step: int = STEP, verb: str = "deploy"
) -> list[tuple[str, str]]:
    """Return (usage, what it does) of each line that acts, or of those that a word is about."""
    acting = [
        pattern for pattern in TABLE if pattern.step <= step and _is_about(pattern, word, verb)
    ]
    return [(spoken(p.usage, verb), spoken(p.help, verb)) for p in acting]


def _is_about(pattern: Pattern, word: str | None, verb: str) -> bool:
    if not word:
        return True
    said = [spoken(head, verb) for head in pattern.heads]
    return any(word.lower() in (head, re.split("[:! ]", head)[0]) for head in said)
