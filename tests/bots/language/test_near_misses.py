"""Lines that are nearly commands: never silent, never done, always with the word and a way on."""

from __future__ import annotations

import pytest

from bots.language import Deploy, DeployToken, NearMiss, NotACommand, NotYet, parse

# line: (the word that was not understood, the first suggestion)
NEAR_MISSES = {
    "deploy": ("deploy", "deploy web/fix-login to staging"),
    "deploy to production": ("to", "deploy web/fix-login to staging"),
    "deploy because it is late": ("because", "deploy web/fix-login to staging"),
    "deploy web to": ("to", "deploy web to staging"),
    "deploy web in": ("in", "deploy web in staging"),
    "deploy web/x on": ("on", "deploy web/x on staging"),
    "deploy web into staging": ("into", "deploy web to staging"),
    "deploy web onto staging": ("onto", "deploy web to staging"),
    "deploy web ot staging": ("ot", "deploy web to staging"),
    "deploy web => staging": ("=>", "deploy web to staging"),
    "deploy web — staging": ("—", "deploy web to staging"),
    "deploy web at": ("at", "deploy web/fix-login to staging"),
    "deploy web to production now": ("now", "deploy web to production"),
    "deploy web to production please": ("please", "deploy web to production"),
    "deploy web please": ("please", "deploy web"),
    "deploy the web to qa": ("the", "deploy web to qa"),
    "deploy web qa": ("qa", "deploy web to qa"),
    "deploy web fix-login to qa": ("fix-login", "deploy web/fix-login to qa"),
    "deploy web v1 v2 to qa": ("v1", "deploy web/fix-login to staging"),
    "deploy web@v1@v2 to qa": ("web@v1@v2", "deploy web/v1@v2 to qa"),
    "deploy web@v1 v2 to qa": ("v2", "deploy web/fix-login to staging"),
    "deploy web to qa@v2": ("qa@v2", "deploy web/fix-login to staging"),
    "deploy web/a web/b to qa": ("web/b", "deploy web/fix-login to staging"),
    "deploy web/": ("web/", "deploy web"),
    "deploy web@ to qa": ("web@", "deploy web to qa"),
    "deploy /main to qa": ("/main", "deploy main to qa"),
    "deploy web/-f to qa": ("web/-f", "deploy web/f to qa"),
    "deploy web/—f to qa": ("web/—f", "deploy web/f to qa"),
    "deploy -web to qa": ("-web", "deploy web to qa"),
    "deploy web: to qa": ("web:", "deploy web to qa"),
    "deploy web, to qa": ("web,", "deploy web to qa"),
    "deploy web --force": ("--force", "deploy web"),
    "deploy web —force to qa": ("—force", "deploy web to qa"),
    "deploy web to qa in production": ("in", "deploy web to qa"),
    "deploy web to qa production": ("production", "deploy web to qa because production"),
    "deploy web to qa,staging": ("qa,staging", "deploy web/fix-login to staging"),
    "deploy web to qa!": ("qa!", "deploy web to qa"),
    "deploy web to qa/": ("qa/", "deploy web to qa"),
    "deploy web to qa/a,,b": ("qa/a,,b", "deploy web/fix-login to staging"),
    "deploy web to qa/-a": ("qa/-a", "deploy web to qa/a"),
    "deploy web to qa/a, b": ("qa/a,", "deploy web to qa/a,b"),
    "deploy web to to qa": ("to", "deploy web to qa"),
    "deploy web because": ("because", "deploy web"),
    "deploy web to qa because": ("because", "deploy web to qa"),
    "deploy web to qa beacuse it broke": ("beacuse", "deploy web to qa because it broke"),
    "deploy web to qa when red": ("when", "deploy web to qa because red"),
    "deploy web to qa when": ("when", "deploy web to qa when green"),
    "deploy web to qa 12345": ("12345", "deploy web to qa because 12345"),
    "deploy: web": ("deploy:", "deploy web/fix-login to staging"),
    "deploy!! web": ("deploy!!", "deploy web/fix-login to staging"),
    "deployy web to qa": ("deployy", "deploy web to qa"),
    "deplyo web to qa": ("deplyo", "deploy web to qa"),
    "depoly web to qa": ("depoly", "deploy web to qa"),
    "deploi web/x": ("deploi", "deploy web/x"),
    "please deploy web": ("please", "deploy web"),
    "web to qa": ("web", "help"),
    "what is this": ("what", "help"),
    "thanks!": ("thanks!", "help"),
    "retry web": ("web", "retry #812"),
    "retry #": ("#", "retry #812"),
    "retry #8x": ("#8x", "retry #812"),
    "retry deployment 812": ("deployment", "retry 812"),
    "retry #812 #813": ("#813", "retry #812"),
    "retry #9999999999": ("#9999999999", "retry #812"),
    "rety #812": ("rety", "retry #812"),
    "cancel it": ("it", "cancel #812"),
    "cancel #812 now": ("now", "cancel #812"),
    "cancle #812": ("cancle", "cancel #812"),
    "rollback #811": ("#811", "rollback to #811"),
    "rollback web #811": ("#811", "rollback web to #811"),
    "rollback web production": ("production", "rollback web in production"),
    "rollback web in production #811": ("#811", "rollback web in production to #811"),
    "rollback web in production to": ("to", "rollback web in production"),
    "rollback web in production/web-1": ("production/web-1", "rollback web in production"),
    "rolback web in qa": ("rolback", "rollback web in qa"),
    "status for web": ("for", "status web"),
    "status web qa": ("qa", "status web in qa"),
    "status web in": ("in", "status web in staging"),
    "status of web": ("of", "status web"),
    "staus web": ("staus", "status web"),
    "deploys": ("deploys", "deploys web in production"),
    "deploys in qa": ("in", "deploys web in production"),
    "deploys web qa": ("qa", "deploys web in qa"),
    "diff web qa": ("qa", "diff web in qa"),
    "diff web and api in qa": ("and", "diff web in production"),
    "why web blocked": ("blocked", "why web in blocked"),
    "log web": ("web", "log #812"),
    "log #812 web-1 web-2": ("web-2", "log #812 web-1"),
    "show web": ("web", "show #812"),
    "yes please": ("please", "yes"),
    "no way": ("way", "no"),
    "deploy:version 2": ("2", "deploy:version"),
    "status: web": ("status:", "status web"),
    "deploy web #123 to qa": ("#123", "deploy web#123 to qa"),
    "deploy web#fix to qa": ("web#fix", "deploy web/fix to qa"),
    "deploy! web to qa when green": ("deploy!", "deploy web to qa when green"),
    "deploy:migrations web to qa when green": ("deploy:migrations", "deploy:migrations web to qa"),
    "deploy web qa when green": ("qa", "deploy web to qa when green"),
    "hlep": ("hlep", "help"),
}  # fmt: skip


@pytest.mark.parametrize("line", NEAR_MISSES)
def test_a_near_miss_names_the_word_and_the_nearest_line(line: str) -> None:
    answer = parse(f"shipmate {line}")

    assert isinstance(answer, NearMiss)
    assert (answer.problem, answer.suggestions[0]) == NEAR_MISSES[line]


@pytest.mark.parametrize("line", NEAR_MISSES)
def test_each_suggestion_is_a_line_that_acts(line: str) -> None:
    answer = parse(line, addressed=True)

    assert isinstance(answer, NearMiss)
    for suggestion in answer.suggestions:
        assert not isinstance(parse(suggestion, addressed=True), NearMiss | NotYet | NotACommand)


@pytest.mark.parametrize(
    "line",
    [
        "deploy web qa",
        "deploy web into qa",
        "deploy web fix to qa",
        "deploy web --env=qa",
        "deploy web -qa",
        "deploy web >qa",
        "deploy web qa now",
        "deploy web qa,",
        "deploy web =>qa",
    ],
)
def test_a_suggestion_never_forgets_where_somebody_wanted_to_go(line: str) -> None:
    answer = parse(line, addressed=True)

    assert isinstance(answer, NearMiss)
    assert Deploy("web") not in [parse(near, addressed=True) for near in answer.suggestions]


def test_of_two_places_neither_is_preferred_silently() -> None:
    answer = parse("deploy web/x to qa in production", addressed=True)

    assert isinstance(answer, NearMiss)
    assert answer.suggestions == ("deploy web/x to qa", "deploy web/x in production")


def test_what_was_understood_is_said() -> None:
    answer = parse("deploy web/fix to production now", addressed=True)

    assert isinstance(answer, NearMiss)
    assert answer.understood == "deploy web/fix to production"


# line: what cannot be done yet
NOT_YET = {
    "deploy web to production 123456": "a one-time code",
    "deploy web to production at 03:00": "at 03:00",
    "deploy web to production after 20m because late": "after 20m",
    "tell me when 4f2c1a is in production": "tell me when",
    "what was in production at 14:30": "what was in",
    "changed production since 14:00": "changed",
    "steal web in staging because x": "steal",
    "queue web in staging": "queue",
    "freeze production from Fri to Mon": "freeze",
    "unfreeze production": "unfreeze",
    "freezes": "freezes",
    "auto-deploy:enable:push web in qa": "auto-deploy",
    "graph me -6h web.errors": "graph",
    "command disk web-1": "command",
    "deploy-status:auto on for web": "deploy-status:auto",
    "deploy:x! web to qa at 03:00": "at 03:00",
    "deploy web to qa atfer 20m": "after 20m",
    "deploy web to qa in 20m": "after 20m",
    "deploy web to qa in ten minutes": "after 10m",
    "deploy web to qa in 2 hours because late": "after 2h",
}


@pytest.mark.parametrize("line", NOT_YET)
def test_a_line_of_later_says_that_it_cannot_be_done_yet(line: str) -> None:
    assert parse(f"shipmate {line}") == NotYet(NOT_YET[line])


def test_a_token_typed_into_chat_is_not_repeated() -> None:
    assert parse("deploy-token:set:github ghp_x", addressed=True) == DeployToken(typed=True)


@pytest.mark.parametrize("line", ["deploy-tokn:set ghp_x", "deploytoken set ghp_x"])
def test_a_token_is_not_repeated_over_a_slip(line: str) -> None:
    assert "ghp_x" not in str(parse(line, addressed=True))


def test_a_mistake_is_told_before_what_cannot_be_done_yet() -> None:
    assert isinstance(parse("deploy web#1 into qa", addressed=True), NearMiss)
