"""Calls of the API: kept connections, known answers, patience, refusals in words."""

from __future__ import annotations

import time

import pytest

from deployments.exceptions import ForgeError, RepositoryAway
from deployments.forges.contract import Source
from deployments.forges.github import client, limits
from deployments.forges.github.access import Token
from deployments.forges.github.client import Caller
from tests.servers.github.hub import TOKEN, Fault, GitHub
from tests.servers.repositories import Repository


@pytest.fixture
def caller(source: Source, repository: Repository) -> Caller:
    repository.commit()
    return Token(source.location, TOKEN).caller()


def ask(caller: Caller) -> str:
    return str(client.get(caller, caller.place.url)["full_name"])


def test_connections_are_kept(hub: GitHub, caller: Caller) -> None:
    for _ in range(5):
        ask(caller)

    assert (len(hub.asked), hub.connections) == (5, 1)


def test_an_answer_that_has_not_changed_is_not_charged(hub: GitHub, caller: Caller) -> None:
    assert [ask(caller) for _ in range(3)] == ["acme/web"] * 3

    assert (len(hub.asked), hub.charged) == (3, 1)


def test_what_is_remembered_has_its_measure(
    hub: GitHub, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.make("acme/other")
    other = f"{caller.place.api}/repos/acme/other"
    monkeypatch.setattr(client, "MOST_KEPT", len(client.look(caller, other).body) * 3 // 2)
    ask(caller)
    client.get(caller, other)
    charged = hub.charged

    client.get(caller, other)
    assert hub.charged == charged
    ask(caller)  # was kept longest ago
    assert hub.charged == charged + 1


def test_an_answer_that_has_changed_is_read(
    hub: GitHub, caller: Caller, repository: Repository
) -> None:
    ask(caller)
    repository.branch("trunk", repository.commit())
    repository.git("symbolic-ref", "HEAD", "refs/heads/trunk")

    assert client.get(caller, caller.place.url)["default_branch"] == "trunk"


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_github_that_is_ill_for_a_moment_is_asked_again(
    hub: GitHub, caller: Caller, status: int
) -> None:
    hub.faults.extend([Fault(status), Fault(status)])

    assert ask(caller) == "acme/web"


def test_a_github_that_stays_ill_is_away(hub: GitHub, caller: Caller) -> None:
    hub.faults.extend([Fault(502)] * 9)

    with pytest.raises(RepositoryAway, match=r"cannot answer about acme/web now \(502\)"):
        ask(caller)

    assert len(hub.asked) == 3


def test_a_github_that_takes_too_long_is_away(
    hub: GitHub, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "SECONDS", 0.5)
    monkeypatch.setattr(client, "PAUSES", ())
    hub.faults.append(Fault(seconds=5))

    with pytest.raises(RepositoryAway, match=r"no answer within 0\.5 s"):
        ask(caller)


def test_an_answer_beyond_measure_is_refused(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LARGEST", 100)

    with pytest.raises(RepositoryAway, match="more than 100 bytes"):
        ask(caller)


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404])
def test_a_page_that_a_proxy_puts_in_its_place_says_nothing(
    hub: GitHub, caller: Caller, status: int
) -> None:
    hub.faults.extend([Fault(status, page=b"<html>")] * 2)

    with pytest.raises(RepositoryAway):
        ask(caller)
    with pytest.raises(RepositoryAway):
        client.exists(caller, f"{caller.place.url}/deployments/1")


def test_an_unknown_certificate_is_refused_with_what_to_do(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GIT_SSL_CAINFO")

    with pytest.raises(RepositoryAway, match="SSL_CERT_FILE names the authorities"):
        ask(caller)


def test_a_credential_that_no_header_takes_is_told_and_not_shown(source: Source) -> None:
    with pytest.raises(RepositoryAway, match="its credential has signs that") as told:
        ask(Token(source.location, "ghp_one\nghp_two").caller())

    assert "ghp_" not in str(told.value)


def test_a_short_pause_is_kept_on_the_spot(hub: GitHub, caller: Caller) -> None:
    hub.faults.append(Fault(403, {"Retry-After": "1"}, "You have exceeded a secondary rate limit."))

    assert ask(caller) == "acme/web"


@pytest.mark.parametrize("status", [403, 429])
def test_a_long_pause_is_told_and_nobody_asks_before(
    hub: GitHub, caller: Caller, status: int
) -> None:
    hub.faults.append(Fault(status, {"Retry-After": "600"}, "You have exceeded a secondary limit."))

    for _ in range(3):
        with pytest.raises(RepositoryAway, match="takes no more questions about acme/web until"):
            ask(caller)

    assert len(hub.asked) == 1


def test_a_used_up_hour_is_told_and_nobody_asks_before_its_end(hub: GitHub, caller: Caller) -> None:
    hub.limit = 1
    ask(caller)

    with pytest.raises(RepositoryAway, match="its limit of 1 requests an hour is used up"):
        ask(caller)

    assert len(hub.asked) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "99999999999999"},
        {"Retry-After": "9" * 5000},
        {"Retry-After": "\xb2"},
        {"X-RateLimit-Limit": "9", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9" * 13},
        {"X-RateLimit-Limit": "9" * 5000},
    ],
)
def test_a_limit_beyond_measure_lasts_an_hour_at_most(
    caller: Caller, headers: dict[str, str]
) -> None:
    limits.remember(caller.whose, 429, headers)

    said = limits.known(caller.whose)

    assert said is not None
    assert 0 < said.until - time.time() <= 3600
    with pytest.raises(RepositoryAway, match="takes no more questions"):
        ask(caller)


def test_a_limit_that_has_passed_hinders_nobody(caller: Caller) -> None:
    headers = {"X-RateLimit-Limit": "9", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}
    limits.remember(caller.whose, 200, headers)

    assert ask(caller) == "acme/web"


def test_what_is_left_of_the_hour_is_known(hub: GitHub, caller: Caller) -> None:
    ask(caller)

    said = limits.known(caller.whose)

    assert said is not None
    assert (said.limit, said.remaining) == (5000, 4999)
    assert said.resets_at > time.time()


def test_a_renamed_repository_is_told(hub: GitHub, caller: Caller) -> None:
    hub.faults.append(Fault(301, {"Location": "https://elsewhere.invalid/"}, "Moved Permanently"))

    with pytest.raises(ForgeError, match="has another name or owner at GitHub now"):
        ask(caller)


def test_single_sign_on_is_told(hub: GitHub, caller: Caller) -> None:
    hub.faults.append(Fault(403, {"X-GitHub-SSO": "required; url=https://x"}, "Resource protected"))

    with pytest.raises(ForgeError, match="Authorise the token for it"):
        ask(caller)


def test_a_missing_right_is_told(hub: GitHub, caller: Caller) -> None:
    hub.faults.append(Fault(403, {}, "Resource not accessible by personal access token"))

    with pytest.raises(ForgeError, match="needs to read Contents, Commit statuses, Checks"):
        ask(caller)


def test_a_next_page_elsewhere_is_not_followed(hub: GitHub, caller: Caller) -> None:
    url = f"{caller.place.url}/branches"
    hub.faults.append(Fault(headers={"Link": '<https://elsewhere.invalid/x>; rel="next"'}))

    assert len(list(client.pages(caller, url))) == 1


def test_what_is_sent_is_never_sent_twice(hub: GitHub, caller: Caller) -> None:
    hub.faults.append(Fault(502))
    wish = {"ref": "main", "required_contexts": []}

    with pytest.raises(RepositoryAway):
        client.post(caller, f"{caller.place.url}/deployments", wish)

    assert len(hub.asked) == 1
