from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.language import (
    Cancel,
    Command,
    Deploy,
    DeployPlan,
    Deploys,
    DeployStatus,
    DeployToken,
    Diff,
    ForgetMe,
    GoOn,
    Help,
    Link,
    Lock,
    Locks,
    Log,
    NearMiss,
    No,
    NotACommand,
    NotYet,
    Plan,
    Promote,
    Retry,
    RetryFailedHosts,
    Rollback,
    Search,
    Show,
    Status,
    Unlock,
    Version,
    WhereCanIDeploy,
    WhereIs,
    WhoAmI,
    Why,
    Yes,
    parse,
)

LINKED = Deploy("acme", "web#123", "qa", link="github.com")
LINES: dict[str, Command] = {
    "deploy web": Deploy("web"),
    "deploy web/fix-login to production": Deploy("web", "fix-login", "production"),
    "deploy web/feature/x in qa": Deploy("web", "feature/x", "qa"),
    "deploy web/refs/tags/v2 to qa": Deploy("web", "refs/tags/v2", "qa"),
    "deploy web/pkg@1.2.0 to qa": Deploy("web", "pkg@1.2.0", "qa"),
    "deploy web/fix#12": Deploy("web", "fix#12"),
    "deploy web#123 to qa": Deploy("web", "#123", "qa"),
    "deploy acme/web#123 to qa": Deploy("acme", "web#123", "qa"),
    "deploy https://github.com/acme/web/pull/123/files to qa": LINKED,
    "deploy <https://github.com/acme/web/pull/123|#123> to qa": LINKED,
    "deploy web<https://github.com/acme/web/pull/123|#123> to qa": Deploy("web", "#123", "qa"),
    "plan web#123 to qa": Plan(Deploy("web", "#123", "qa")),
    "deploys web#123": Deploys("web", "#123"),
    "where is web#123": WhereIs("#123", None, "web"),
    "where is https://github.com/acme/web/pull/123": WhereIs("web#123", None, "acme", "github.com"),
    "deploy web to qa when green": Deploy("web", None, "qa", when_green=True),
    "deploy web,api to qa when green because of it": Deploy(
        "web", None, "qa", reason="of it", apps=("web", "api"), when_green=True
    ),
    "deploy web to qa because see https://github.com/acme/web/pull/123": Deploy(
        "web", None, "qa", reason="see https://github.com/acme/web/pull/123"
    ),
    "deploy web@v2.1 to staging": Deploy("web", "v2.1", "staging"),
    "deploy acme/web to staging": Deploy("acme", "web", "staging"),
    "deploy web on production/web-1,db": Deploy("web", None, "production", ("web-1", "db")),
    "deploy web because it is time": Deploy("web", reason="it is time"),
    "deploy web to qa because A=b to be at 12:00": Deploy(
        "web", None, "qa", reason="A=b to be at 12:00"
    ),
    "deploy a.b_c-9 to q.a-1": Deploy("a.b_c-9", None, "q.a-1"),
    "deploy 42/main to 1": Deploy("42", "main", "1"),
    "deploy web,api to qa": Deploy("web", None, "qa", apps=("web", "api")),
    "deploy web,api/main to qa": Deploy("web", "main", "qa", apps=("web", "api")),
    "deploy! web": Deploy("web", force=True),
    "deploy:migrations web": Deploy("web", task="migrations"),
    "deploy!:migrations web": Deploy("web", task="migrations", force=True),
    "deploy:migrations! web": Deploy("web", task="migrations", force=True),
    "deploy:db:seed web": Deploy("web", task="db:seed"),
    "deploy web to qa REGION=eu-West MODE=": Deploy(
        "web", None, "qa", parameters=(("REGION", "eu-West"), ("MODE", ""))
    ),
    "plan web/topic to production": Plan(Deploy("web", "topic", "production")),
    "plan:migrations web": Plan(Deploy("web", task="migrations")),
    "deploy plan 7FK3": DeployPlan("7fk3"),
    "promote web from qa to production": Promote("web", "qa", "production"),
    "promote web to production from qa": Promote("web", "qa", "production"),
    "lock": Lock(),
    "lock web": Lock("web"),
    "lock for 30m": Lock(None, None, 1800),
    "lock web in staging for 1h30m because A test": Lock("web", "staging", 5400, "A test"),
    "lock web for 1d in staging": Lock("web", "staging", 86_400),
    "deploy:lock web in qa": Lock("web", "qa"),
    "unlock web in qa": Unlock("web", "qa"),
    "deploy:unlock web": Unlock("web"),
    "locks": Locks(),
    "where can i deploy web": WhereCanIDeploy("web"),
    "WCID web": WhereCanIDeploy("web"),
    "where is 4f2c1a": WhereIs("4f2c1a"),
    "where is web/fix-Login": WhereIs("fix-Login", None, "web"),
    "where is @ana": WhereIs(None, "ana"),
    "deploy-status for web in qa": DeployStatus("web", "qa"),
    "deploy-status web": DeployStatus("web"),
    "diff web qa production": Diff("web", "qa", "production"),
    'search app:web "connection Refused"': Search('app:web "connection Refused"'),
    "search “connection refused”": Search('"connection refused"'),
    "link": Link(),
    "link Harbour": Link("Harbour"),
    "who am i": WhoAmI(),
    "forget me": ForgetMe(),
    "deploy-token:set:github x": DeployToken(typed=True),
    "deploy-token:verify:github": DeployToken(),
    "retry": Retry(),
    "retry #812": Retry(812),
    "retry 812": Retry(812),
    "retry failed hosts": RetryFailedHosts(),
    "retry failed hosts #812": RetryFailedHosts(812),
    "go on": GoOn(),
    "go on #812": GoOn(812),
    "cancel": Cancel(),
    "cancel #812": Cancel(812),
    "rollback": Rollback(),
    "rollback web": Rollback("web"),
    "rollback web in production": Rollback("web", "production"),
    "rollback web in production to #811": Rollback("web", "production", 811),
    "rollback web to #811 in production": Rollback("web", "production", 811),
    "rollback to 811": Rollback(None, None, 811),
    "status": Status(),
    "status web": Status("web"),
    "status in production": Status(None, "production"),
    "status web in production": Status("web", "production"),
    "deploys web": Deploys("web"),
    "deploys web/main in qa": Deploys("web", "main", "qa"),
    "deployments web on qa": Deploys("web", None, "qa"),
    "why": Why(),
    "why web": Why("web"),
    "why web in production": Why("web", "production"),
    "diff": Diff(),
    "diff web": Diff("web"),
    "diff web in production": Diff("web", "production"),
    "log": Log(),
    "log #812": Log(812),
    "log #812 Web-1": Log(812, "Web-1"),
    "show": Show(),
    "show #812": Show(812),
    "help": Help(),
    "help Deploy": Help("deploy"),
    "deploy:version": Version(),
    "yes": Yes(),
    "no": No(),
    "yes 7fk3": Yes("7fk3"),
    "No 2WYU": No("2wyu"),
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_understood(line: str) -> None:
    assert parse(f"shipmate {line}") == LINES[line]


@pytest.mark.parametrize("line", LINES)
def test_where_the_name_is_not_needed_the_line_is_enough(line: str) -> None:
    assert parse(line, addressed=True) == LINES[line]


@pytest.mark.parametrize("line", LINES)
def test_among_people_a_line_without_the_name_is_talk(line: str) -> None:
    assert parse(line) == NotACommand()


# ---- Addressing ----


@pytest.mark.parametrize(
    "start",
    ["shipmate", "Shipmate", "@shipmate", "shipmate:", "@Shipmate,", "  shipmate  ", "/shipmate"],
)
def test_the_bot_hears_its_name(start: str) -> None:
    assert parse(f"{start} status web") == Status("web")


def test_the_bot_hears_an_alias() -> None:
    assert parse("hubot status", names=("shipmate", "hubot")) == Status()


def test_the_bot_hears_its_id_where_a_platform_writes_that() -> None:
    assert parse("<@U0BOT|anybody> status", names=("shipmate", "U0BOT")) == Status()


def test_a_label_cannot_pretend_to_be_the_bot() -> None:
    assert parse("<@U1|shipmate> status") == NotACommand()


def test_a_slash_command_needs_no_name() -> None:
    assert parse("/deploy web to qa") == Deploy("web", None, "qa")


@pytest.mark.parametrize("line", [".deploy web to qa", "!deploy web to qa"])
def test_a_sign_stands_for_the_name_where_a_room_allows_it(line: str) -> None:
    assert parse(line, signs=".!") == Deploy("web", None, "qa")
    assert parse(line, addressed=True) == Deploy("web", None, "qa")
    assert parse(line) == NotACommand()


@pytest.mark.parametrize("talk", ["...", "!", "!!!", ".bashrc is broken", "! deploy web"])
def test_a_sign_before_anything_else_is_talk(talk: str) -> None:
    assert parse(talk, signs=".!") == NotACommand()


def test_no_space_is_needed_after_the_colon() -> None:
    assert parse("shipmate:deploy web") == Deploy("web")


@pytest.mark.parametrize("name", ["shipmate", "Shipmate?", "@shipmate!", "hey shipmate"])
def test_the_bare_name_asks_for_help(name: str) -> None:
    assert parse(name) == Help()


@pytest.mark.parametrize("line", ["hey shipmate, status web", "Hi @shipmate status web"])
def test_a_greeting_goes_before_the_name(line: str) -> None:
    assert parse(line) == Status("web")
    assert parse("hey everyone") == NotACommand()


@pytest.mark.parametrize(
    "talk",
    ["", "   ", "shipmate's log", "shipmates deploy web", "ask shipmate", "/etc/passwd", "/",
     "> shipmate deploy web", "(shipmate deploy web)", "@", "i deploy web", "\x00", "\u200b"],
)  # fmt: skip
def test_other_talk_is_left_alone(talk: str) -> None:
    assert parse(talk) == NotACommand()


def test_an_empty_direct_message_is_no_command() -> None:
    assert parse(" \u200b ", addressed=True) == NotACommand()


# ---- In a thread ----


@pytest.mark.parametrize(
    "word",
    ["retry", "retry failed hosts", "go on", "rollback", "cancel", "why", "log", "show", "diff"],
)
def test_in_a_thread_a_bare_word_is_a_command(word: str) -> None:
    assert parse(word.title(), in_thread=True) == LINES[word]


@pytest.mark.parametrize(
    "talk",
    ["retry please", "why not", "log in", "show me", "rollback?", "cancel #812", "status", "help",
     "deploy", "deploy web", "yes", "no", "retry hosts", "go on then", "why\nwhy"],
)  # fmt: skip
def test_in_a_thread_everything_else_is_a_comment(talk: str) -> None:
    assert parse(talk, in_thread=True) == NotACommand()


def test_in_a_thread_the_name_still_counts() -> None:
    assert parse("shipmate rollback to #3", in_thread=True) == Rollback(None, None, 3)


def test_in_a_thread_lock_needs_no_more() -> None:
    assert parse("lock", in_thread=True) == Lock()


@pytest.mark.parametrize(("word", "answer"), [("yes", Yes()), ("No", No())])
def test_a_question_is_answered_by_a_bare_word(word: str, answer: Command) -> None:
    assert parse(word, asked=lambda: True) == answer


@pytest.mark.parametrize("talk", ["yes but not on a friday", "retry", "nothing", "note this"])
def test_a_question_is_answered_by_nothing_else(talk: str) -> None:
    assert parse(talk, asked=lambda: True) == NotACommand()


@pytest.mark.parametrize("said", ["y", "Yes!", "yes please", "ok", "nope", "no thanks", "👍"])
def test_what_is_nearly_an_answer_is_told_so(said: str) -> None:
    answer = parse(said, asked=lambda: True)

    assert isinstance(answer, NearMiss)
    assert answer.suggestions == ("yes", "no")
    assert parse(said) == NotACommand()


# ---- What phones and platforms do ----


@pytest.mark.parametrize(
    "line",
    [
        "DEPLOY WEB/Fix-1 TO Production/Web-1 BECAUSE Of It",
        "deploy  web/Fix-1\u00a0to\u2003production/Web-1\tbecause  Of It",
        "de\u200bploy web/Fix-1\ufeff to pro\u00adduction/Web-1 because Of It",
        "deploy “web/Fix-1” to ‘production/Web-1’ because Of It",
        "`deploy web/Fix-1 to production/Web-1 because Of It`",
        "deploy web/Fix‑1 to production/Web–1 because Of It",
        "deploy <http://web/Fix-1|web/Fix-1> to production/Web-1 because Of It",
        "deploy web/Fix-1\nto production/Web-1\r\nbecause Of\nIt",
    ],
)
def test_a_line_is_read_as_it_was_meant(line: str) -> None:
    expected = Deploy("web", "Fix-1", "production", ("Web-1",), "Of It")

    assert parse(line, addressed=True) == expected


def test_a_phone_turns_two_dashes_into_one_long_one() -> None:
    assert parse("deploy web/a—b", addressed=True) == Deploy("web", "a--b")


def test_a_reason_keeps_its_signs() -> None:
    line = "deploy web because Ana’s “fix” — see <https://x.test/1|#1> &amp; <@U7>"

    assert parse(line, addressed=True) == Deploy("web", reason="Ana’s “fix” — see #1 & @U7")


def test_entities_are_read_once() -> None:
    line = "deploy web because &amp;lt;b&amp;gt;"

    assert parse(line, addressed=True) == Deploy("web", reason="&lt;b&gt;")


def test_text_cannot_be_turned_round() -> None:
    line = "deploy web because \u202egnp.exe\u2066"

    assert parse(line, addressed=True) == Deploy("web", reason="gnp.exe")


# ---- The team's own verb ----


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("ship web to qa", Deploy("web", None, "qa")),
        ("ships web", Deploys("web")),
        ("deployments web", Deploys("web")),
        ("ship:version", Version()),
        ("ship:lock web", Lock("web")),
        ("ship! web", Deploy("web", force=True)),
        ("where can i ship web", WhereCanIDeploy("web")),
        ("ship-status web", DeployStatus("web")),
        ("ship-token:verify:github", DeployToken()),
        ("ship plan 7fk3", DeployPlan("7fk3")),
        ("auto-ship:status web", NotYet("auto-ship")),
    ],
)
def test_the_verb_is_renamed_everywhere(line: str, meaning: Command) -> None:
    assert parse(line, addressed=True, verb="ship") == meaning


@pytest.mark.parametrize("line", ["deploy web", "deploys web", "deploy:version"])
def test_a_renamed_verb_is_gone(line: str) -> None:
    assert isinstance(parse(line, addressed=True, verb="ship"), NearMiss)


def test_a_near_miss_suggests_the_renamed_verb() -> None:
    answer = parse("shpi web to qa", addressed=True, verb="ship")

    assert isinstance(answer, NearMiss)
    assert answer.suggestions[0] == "ship web to qa"


# ---- Any text ----


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    for line in (text, f"shipmate {text}", f"deploy {text}", f"rollback web {text}"):
        parse(line, addressed=True, in_thread=True, asked=lambda: True)


PIECES = st.sampled_from(
    ["deploy", "deploy!", "deploy:x", "web", "web/x", "web@", "to", "in", "qa", "qa/a,b", "because",
     "#8", "now", "retry", "rollback", "diff", "log", "A=b", "when", "at", "shipmate", "—", "`",
     "/", "@", "!", ":", ",", "-", "status", "why", "help", "<@U1>", "&amp;", "where", "123456"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12))
def test_no_line_of_known_words_breaks_the_parser(words: list[str]) -> None:
    answer = parse(" ".join(words), addressed=True, in_thread=True)

    if isinstance(answer, NearMiss):
        assert answer.problem
        assert answer.suggestions


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\ud800"])
def test_signs_that_cannot_be_kept_are_replaced(sign: str) -> None:
    answer = parse(f"deploy web because a{sign}b", addressed=True)

    assert answer == Deploy("web", reason="a\ufffdb")
