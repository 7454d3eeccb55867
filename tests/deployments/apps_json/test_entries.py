"""What becomes of each key of hubot-deploy's apps.json, and of those of Heaven and its friends."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments import providers
from deployments.apps_json import dropped, names, ways
from deployments.apps_json.entries import entries
from deployments.apps_json.reading import read
from deployments.apps_json.wanted import WantedApp
from deployments.exceptions import Invalid


def apps(text: str) -> list[WantedApp]:
    return entries(read(text.encode()), names.PLACE, lambda name: name in ("new", "status"))


def app(name: str = "web", /, **said: Any) -> WantedApp:
    (made,) = apps(json.dumps({name: {"repository": "acme/web", **said}}))
    return made


def told(made: WantedApp, key: str) -> tuple[bool, str]:
    """Return whether the key is taken over, and what becomes of it."""
    (found,) = (one for one in made.keys if one.name == key)
    return found.kept, found.text


def test_the_least_that_there_can_be() -> None:
    made = app()

    assert (made.name, made.location) == ("web", "https://github.com/acme/web")
    assert [(each.name, each.production) for each in made.environments] == [("production", True)]
    assert (made.default_environment, made.way, made.faults) == ("production", "", ())


@pytest.mark.parametrize(
    ("repository", "api", "location"),
    [
        ("acme/web", "", "https://github.com/acme/web"),
        ("acme/web.git", "https://api.github.com", "https://github.com/acme/web"),
        ("acme/web", "https://git.acme.example/api/v3/", "https://git.acme.example/acme/web"),
        ("acme/web", "https://api.acme.ghe.com", "https://acme.ghe.com/acme/web"),
        ("git@git.example:acme/web.git", "", "git@git.example:acme/web.git"),
        ("ssh://git@git.example/web", "", "ssh://git@git.example/web"),
        ("/srv/git/web.git", "", "/srv/git/web.git"),
    ],
)
def test_where_the_code_is(repository: str, api: str, location: str) -> None:
    made = app(repository=repository, **({"github_api": api} if api else {}))

    assert (made.location, made.faults) == (location, ())


def test_repositories_may_be_somewhere_else() -> None:
    text = read(b'{"web": {"repository": "acme/web"}}')

    (made,) = entries(text, "git@git.example:{repository}.git", lambda _: False)

    assert made.location == "git@git.example:acme/web.git"


def test_a_token_is_kept_and_never_told() -> None:
    made = app(github_token="ghp_1234567890")

    assert made.token == "ghp_1234567890"
    assert "ghp_" not in repr(made)


@pytest.mark.parametrize(("provider", "way"), ways.WAYS.items())
def test_each_provider_of_heaven_is_a_way_to_deploy(provider: str, way: str) -> None:
    made = app(provider=provider)

    assert made.way == way
    assert told(made, "provider") == (True, told(made, "provider")[1])
    assert providers.ways()[way].label in told(made, "provider")[1]


def test_another_provider_is_named_and_the_app_is_made() -> None:
    made = app(provider="opsworks")

    assert (made.way, made.faults) == ("", ())
    assert told(made, "provider")[0] is False


def test_environments_keep_their_order_and_production_comes_last() -> None:
    made = app(environments=["production", "qa", "staging"])

    assert [each.name for each in made.environments] == ["qa", "staging", "production"]


def test_environments_may_be_objects() -> None:
    made = app(
        provider="heroku",
        environments=[
            {"name": "live", "production": True, "provider_env_name": "web-live"},
            {"name": "test", "url": "https://test.example.com", "transient": True,
             "required_contexts": ["ci/a"], "auto_inactive": False, "color": "red"},
        ],
    )  # fmt: skip

    test, live = made.environments
    assert (live.production, live.settings) == (True, {"app": "web-live"})
    assert (test.url, test.contexts) == ("https://test.example.com", ("ci/a",))
    assert [key.name for key in made.dropped] == [
        "environments[1].transient",
        "environments[1].auto_inactive",
        "environments[1].color",
    ]


def test_a_name_that_is_none_here_is_another() -> None:
    made = app("Ünsere Seite", provider="bundler_capistrano", environments=["QA.EU", "Live"])

    assert made.name == "unsere-seite"
    assert [each.name for each in made.environments] == ["qa.eu", "live"]
    assert made.environments[1].settings["command"] == "bundle exec cap Live deploy"
    assert app("status").name == "status-app"


def test_elastic_beanstalk_goes_where_heaven_went() -> None:
    made = app(provider="elastic_beanstalk", app_name="Web", environments=["Qa"])

    assert made.settings == {
        "region": "us-east-1",
        "aws_application": "Web",
        "aws_environment": "{environment}",
    }
    assert made.environments[0].settings == {"aws_environment": "Qa"}
    assert app(provider="elastic_beanstalk", app_name="Web", aws={"region": "eu-west-1"}).settings[
        "region"
    ] == "eu-west-1"  # fmt: skip


def test_heroku_has_a_name_for_all_and_one_for_each() -> None:
    made = app(
        provider="heroku",
        environments=["qa", "production"],
        heroku_name="acme-web",
        heroku_qa_name="acme-qa",
        heroku_moon_name="acme-moon",
    )

    assert made.settings == {"app": "acme-web"}
    assert [each.settings for each in made.environments] == [{"app": "acme-qa"}, {}]
    assert told(made, "heroku_moon_name") == (False, "The app has no environment “moon”.")


@pytest.mark.parametrize(
    ("script", "line"), [("script/deploy", "script/deploy"), ("deploy.sh", "./deploy.sh")]
)
def test_a_script_of_the_repository_deploys(script: str, line: str) -> None:
    assert app(provider="shell", deploy_script=script).settings == {"command": line}


@pytest.mark.parametrize(
    ("listed", "contexts"),
    [(["ci/a", "ci/b", "ci/a"], ("ci/a", "ci/b")), ([], ()), (None, None)],
)
def test_contexts_are_asked_for_everywhere(listed: Any, contexts: Any) -> None:
    made = app(environments=["qa", "production"], required_contexts=listed)

    assert [each.contexts for each in made.environments] == [contexts, contexts]


def test_addresses_are_those_of_environments() -> None:
    made = app(
        production_url="https://web.example.com", moon_url="https://x.example", prod_url="no"
    )

    assert made.environments[0].url == "https://web.example.com"
    assert {key.name for key in made.dropped} == {"moon_url", "prod_url"}


@pytest.mark.parametrize(
    "hosts",
    [
        ["deploy@web-1.example.com:2222"],
        "web-1.example.com:2222",
        {"production": ["web-1.example.com:2222"]},
        [{"name": "web-1.example.com", "port": 2222, "roles": []}],
    ],
)
def test_hosts_are_placed(hosts: Any) -> None:
    ((host,),) = (each.hosts for each in app(hosts=hosts).environments)

    assert str(host) == "web-1.example.com (deploy@web-1.example.com:2222)"


def test_hosts_of_an_environment_are_placed_there_alone() -> None:
    made = app(environments=["qa", "production"], hosts={"qa": ["web-1"], "moon": ["web-2"]})

    assert [len(each.hosts) for each in made.environments] == [1, 0]
    assert told(made, "hosts.moon")[0] is False


def test_what_a_cloud_has_no_use_for_is_dropped() -> None:
    made = app(provider="heroku", hosts=["web-1"], deploy_script="script/deploy", app_name="x")

    assert {key.name for key in made.dropped} == {"hosts", "deploy_script", "app_name"}


@pytest.mark.parametrize(("value", "kept"), [(False, True), (True, True), ("yes", False)])
def test_a_merge_comes_first_where_it_says_so(value: object, kept: bool) -> None:
    made = app(auto_merge=value)

    assert told(made, "auto_merge")[0] is kept
    assert made.auto_merge is (value is True)


@pytest.mark.parametrize("key", [*dropped.REASONS, "something_of_their_own"])
def test_what_is_dropped_is_named_with_its_reason(key: str) -> None:
    kept, text = told(app(**{key: "sesame"}), key)

    assert not kept
    assert text in (*dropped.REASONS.values(), dropped.OTHER)
    assert "sesame" not in text


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"repository": None}, "“repository” is “None”; it takes owner/name"),
        ({"repository": "web"}, "takes owner/name"),
        ({"github_api": "http://git.example/api"}, "is no https address"),
        ({"environments": "qa"}, "takes a list"),
        ({"environments": []}, "takes a list"),
        ({"environments": [7]}, "which is no name"),
        ({"environments": ["qa", "QA"]}, "names “qa” twice"),
        ({"environments": [f"e{n}" for n in range(51)]}, "more than 50"),
        ({"required_contexts": "ci/a"}, "takes a list of names"),
        ({"required_contexts": ["x" * 256]}, "at most 255 letters"),
        ({"provider": "shell"}, "“deploy_script” names none"),
        ({"provider": "shell", "deploy_script": "../x; rm -rf /"}, "path of a script"),
        ({"provider": "elastic_beanstalk"}, "“app_name” does not say"),
        ({"provider": "elastic_beanstalk", "app_name": "a/b"}, "1 to 100 characters"),
        ({"provider": "heroku", "heroku_name": "No App"}, "3 to 30 small letters"),
        ({"provider": "heroku", "heroku_name": 7}, "takes a name"),
        ({"hosts": ["web 1"]}, "is no host such as"),
        ({"hosts": ["web-1:70000"]}, "is no host such as"),
        ({"hosts": ["w" * 254]}, "is no host such as"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(said: dict[str, Any], fault: str) -> None:
    assert fault in " ".join(app(**said).faults)


def test_what_is_no_app_is_said_and_the_others_are_read() -> None:
    no_object, nameless, web = apps(
        '{"a": 1,\n"…": {"repository": "a/b"},\n"web": {"repository": "a/b"}}'
    )

    assert "Line 1: it is no object" in no_object.faults[0]
    assert nameless.faults == ("Line 2: nothing here can be called so.",)
    assert web.faults == ()


def test_two_apps_of_one_name_are_both_refused() -> None:
    first, second = apps('{"web": {"repository": "a/b"},\n"Web": {"repository": "a/c"}}')

    assert first.faults == second.faults
    assert "lines 1, 2 would all be called “web”" in first.faults[0]


def test_a_key_that_stands_twice_is_refused_wherever_it_does() -> None:
    text = '{"web": {"repository": "a/b",\n"environments": [{"name": "qa",\n"name": "qb"}]}}'

    assert "“name” stands in lines 2, 3" in apps(text)[0].faults[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "The file is no object"),
        ("{}", "names no app"),
        (json.dumps({str(n): {} for n in range(501)}), "at most 500"),
    ],
)
def test_a_file_that_is_no_apps_json_is_refused(text: str, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        apps(text)


KEYS = [
    "repository", "provider", "environments", "hosts", "required_contexts", "auto_merge", "aws",
    "github_api", "github_token", "heroku_name", "heroku_qa_name", "deploy_script", "app_name",
    "qa_url", "name", "production", "provider_env_name", "url", "address", "port", "roles", "qa",
    "region",
]  # fmt: skip
WORDS = st.sampled_from([*ways.WAYS, "qa", "acme/web", "https://[", "web-1:22", "{", "../x", ""])
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(KEYS), ODD, max_size=8))
def test_whatever_stands_there_is_read_or_refused_in_words(said: dict[str, Any]) -> None:
    try:
        (made,) = apps(json.dumps({"web": said}))
    except Invalid:
        return  # characters that cannot be shown

    tops = {re.split(r"[.\[]", key.name)[0] for key in made.keys}
    assert made.faults or set(said) <= tops | {"environments", "github_api", "required_contexts"}
