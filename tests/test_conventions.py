"""What this project asks of its own text."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("chatops", "deployments", "bots")
LONGEST_MODULE, LONGEST_FUNCTION, MEDIAN = 400, 40, 10
PINNED = re.compile(r"[A-Za-z0-9_.-]+(\[[a-z-]+\])?==[0-9][\w.]*\s+# \S.*")


def kept() -> list[Path]:
    """Return the files that git keeps, or would."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def modules(*places: str) -> list[Path]:
    found = [path for place in places for path in (ROOT / place).rglob("*.py")]
    return [path for path in found if "migrations" not in path.parts]


def functions(path: Path) -> list[tuple[str, int]]:
    """Return the functions of a module and how many lines each has."""
    return [
        (f"{path.relative_to(ROOT)}: {node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_modules_are_short() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in modules(*PRODUCT, "tests")}

    assert {name for name, length in lengths.items() if length > LONGEST_MODULE} == set()


def test_functions_are_short() -> None:
    found = [function for path in modules(*PRODUCT) for function in functions(path)]

    assert [name for name, length in found if length > LONGEST_FUNCTION] == []
    assert statistics.median(length for _, length in found) < MEDIAN


def test_no_module_is_named_for_what_found_no_place() -> None:
    names = {path.stem for path in modules(*PRODUCT, "tests")}

    assert names & {"utils", "util", "helpers", "common", "misc"} == set()


def tasks() -> set[str]:
    """Return every name under which something is enqueued."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in modules(*PRODUCT))
    return set(re.findall(r"\b(?:wake|async_task|schedule)\(\s*\"([\w.]+)\"", text))


def test_something_is_enqueued() -> None:
    assert "deployments.tasks.run" in tasks()


@pytest.mark.parametrize("name", sorted(tasks()))
def test_every_task_that_is_enqueued_by_name_is_there(name: str) -> None:
    module, _, function = name.rpartition(".")

    assert callable(getattr(import_module(module), function))


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements*.txt")), ids=lambda path: path.name)
def test_every_requirement_has_a_pin_and_a_reason(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if line[:1] not in ("", "#")]
    wanted = [line for line in lines if not line.startswith("-r ")]

    assert [line for line in wanted if not PINNED.fullmatch(line)] == []


def test_a_package_is_pinned_once() -> None:
    lines = "\n".join(path.read_text() for path in ROOT.glob("requirements*.txt"))
    names = re.findall(r"^([A-Za-z0-9_.-]+)(?:\[.*\])?==", lines, re.M)

    assert sorted(names) == sorted(set(names))


def test_no_file_names_a_place_of_somebodys_machine() -> None:
    forbidden = re.compile(rb"/(work|root|Users)/[a-z]")
    texts = [path for path in kept() if path.suffix not in (".woff2", ".png")]

    wrong = [path.name for path in texts if forbidden.search(path.read_bytes())]

    assert [name for name in wrong if name != Path(__file__).name] == []


def test_nothing_is_put_off() -> None:
    put_off = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

    wrong = [path.name for path in modules(*PRODUCT) if put_off.search(path.read_text())]

    assert wrong == []


def test_what_others_made_stands_in_the_notice_with_its_licence() -> None:
    notice = (ROOT / "NOTICE.md").read_text(encoding="utf-8")
    others = [*(ROOT / "static/vendor").iterdir(), *(ROOT / "static/fonts").iterdir()]

    assert [path.name for path in others if f"{path.parent.name}/{path.name}" not in notice] == []
    named = re.findall(r"`(static/[\w./-]+|LICENSE)`", notice)
    assert [name for name in named if not (ROOT / name).is_file()] == []


def gotten_or_created() -> list[tuple[str, str, frozenset[str]]]:
    """Return where a row is made unless it is there: place, model, and what it is looked up by."""
    found = []
    for path in modules(*PRODUCT):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in ("get_or_create", "update_or_create"):
                names = {word.arg for word in node.keywords if word.arg}
                names |= {name.removesuffix("_id") for name in names}
                model = ast.unparse(node.func).split(".")[0]
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                found.append((place, model, frozenset(names - {"defaults", "create_defaults"})))
    return found


def unique_together(model: type[models.Model]) -> list[set[str]]:
    """Return the sets of fields of which the database itself keeps one row for each value."""
    single = [{field.name} for field in model._meta.get_fields() if getattr(field, "unique", False)]
    kept = model._meta.constraints
    several = [set(one.fields) for one in kept if isinstance(one, models.UniqueConstraint)]
    return [*single, *several]


def test_what_is_made_unless_it_is_there_is_unique_in_the_database() -> None:
    by_name = {model.__name__: model for model in apps.get_models()}

    calls = gotten_or_created()

    assert len(calls) > 10
    assert [
        f"{place}: {model}"
        for place, model, names in calls
        if not any(fields and fields <= names for fields in unique_together(by_name[model]))
    ] == []
