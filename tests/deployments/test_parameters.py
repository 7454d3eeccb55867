"""Parameters: only what an app declares, only what fits."""

from __future__ import annotations

import pytest

from deployments import parameters

REGION = {"REGION": "eu|us"}


@pytest.mark.parametrize(
    "name", ["PATH", "LD_PRELOAD", "SHIPMATE_SHA", "path", "IFS", "PYTHONPATH"]
)
def test_a_name_that_means_something_to_the_shell_is_refused(name: str) -> None:
    assert list(parameters.problems({name: ".*"})) == [
        f"“{name}” means something to the shell or to Shipmate; choose another name."
    ]


@pytest.mark.parametrize("name", ["A B", "1A", "A-B", "", "A;rm", "É" * 3, "A" * 64])
def test_a_name_that_no_variable_has_is_refused(name: str) -> None:
    assert "is no name of a parameter" in next(parameters.problems({name: ".*"}))


@pytest.mark.parametrize("pattern", ["(", "", None, 7, ["eu"]])
def test_a_pattern_must_be_one(pattern: object) -> None:
    assert list(parameters.problems({"REGION": pattern}))


def test_what_is_declared_must_be_names_and_patterns() -> None:
    assert list(parameters.problems(["REGION"]))
    assert list(parameters.problems(REGION)) == []


def test_a_value_must_match_as_a_whole() -> None:
    assert parameters.refusals(REGION, {"REGION": "eu"}, "web") == []
    assert parameters.refusals(REGION, {"REGION": "europe"}, "web") == [
        "REGION takes eu|us, not “europe”."
    ]


def test_what_is_not_declared_is_refused_with_what_is() -> None:
    assert parameters.refusals(REGION, {"COLOR": "red"}, "web") == [
        "web declares no parameter COLOR; it takes REGION (eu|us)."
    ]
    assert parameters.refusals({}, {"COLOR": "red"}, "web")[0].endswith("it takes none.")


@pytest.mark.parametrize("value", ["a\nb", "\x1b[2J", "x" * 201])
def test_a_value_that_cannot_be_shown_is_refused(value: str) -> None:
    assert parameters.refusals({"ANY": "(?s).*"}, {"ANY": value}, "web")


def test_people_need_not_know_the_case_of_a_name() -> None:
    assert parameters.spelled(REGION, {"region": "eu"}) == {"REGION": "eu"}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"REGON": "eu"}, [{"REGION": "eu"}]),
        ({"REGION": "eus"}, [{"REGION": "us"}, {"REGION": "eu"}]),
        ({"REGION": "asia"}, [{"REGION": "eu"}, {"REGION": "us"}]),
        ({"COLOR": "red"}, []),
        ({"REGON": "asia"}, []),
        ({"REGON": "eu", "COLOR": "red"}, []),
        ({"REGION": "eu"}, []),
    ],
)
def test_what_may_have_been_meant_can_be_taken(
    given: dict[str, str], meant: list[dict[str, str]]
) -> None:
    assert parameters.instead(REGION, given) == meant


def test_what_else_was_given_stays_where_it_was() -> None:
    declared = {"REGION": "eu|us", "SIZE": "[0-9]+"}

    assert parameters.instead(declared, {"REGON": "eu", "SIZE": "3"}) == [
        {"REGION": "eu", "SIZE": "3"}
    ]
    assert parameters.instead(declared, {"SIZE": "big"}) == []
