"""Imports point one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Each may import from those behind it and from itself.
BELOW: dict[str, set[str]] = {
    "chatops": {"bots", "deployments"},
    "bots": {"deployments"},
    "deployments": set(),
}
# Inside deployments: lower numbers know nothing of higher ones.
FLOOR = {
    "exceptions": 0, "durations": 0, "typed": 0, "terminal": 0, "outbound": 0, "lines": 0,
    "parameters": 0, "durability": 0, "rollouts": 0, "together": 0,
    "vault": 1, "models": 1, "forges": 1, "providers": 1, "runner": 1,
    "apps_json": 2, "changes": 2, "rights": 2,
    "blockers": 3, "plans": 3, "drift": 3, "search": 3, "selectors": 3,
    "services": 4,
    "webhooks": 5, "tasks": 5, "sweeper": 5, "web": 5, "api": 5, "apps": 5, "templatetags": 5,
    "management": 5,
}  # fmt: skip
WITHOUT_DATABASE = [
    "deployments/apps_json",
    "deployments/forges",
    "deployments/providers",
    "deployments/runner",
    "deployments/lines.py",
    "deployments/rollouts.py",
    "deployments/search.py",
    "bots/language",
    "bots/rendering",
    "bots/messages.py",
]


def modules(*places: str) -> list[Path]:
    """Return the Python files below these places, without migrations."""
    found: list[Path] = []
    for place in places:
        path = ROOT / place
        found += [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))
    return [path for path in found if "migrations" not in path.parts]


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports, wherever in it."""
    package = list(path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", BELOW)
def test_packages_import_downwards_only(package: str) -> None:
    above = set(BELOW) - BELOW[package] - {package}

    wrong = [(path.name, name) for path in modules(package) for name in imports(path)
             if name.split(".")[0] in above]  # fmt: skip

    assert wrong == []


def test_every_part_of_deployments_has_its_floor() -> None:
    parts = {path.stem for path in (ROOT / "deployments").iterdir() if path.suffix in ("", ".py")}

    assert parts - {"__init__", "__pycache__", "migrations"} == set(FLOOR)


def test_inside_deployments_nothing_points_up() -> None:
    wrong = []
    for path in modules("deployments"):
        own = path.relative_to(ROOT / "deployments").parts[0].removesuffix(".py")
        for name in imports(path):
            part = name.removeprefix("deployments.").split(".")[0]
            if name.startswith("deployments.") and FLOOR.get(part, 0) > FLOOR.get(own, 9):
                wrong.append((str(path.relative_to(ROOT)), name))

    assert wrong == []


@pytest.mark.parametrize("place", WITHOUT_DATABASE)
def test_the_pure_parts_know_no_database(place: str) -> None:
    forbidden = ("django.db", "deployments.models", "bots.models", "django_q")

    wrong = [(path.name, name) for path in modules(place) for name in imports(path)
             if name.startswith(forbidden)]  # fmt: skip

    assert modules(place)
    assert wrong == []
