"""The history of the demo's application `hello`: who committed what, and how long ago."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HELLO = Path(__file__).parent / "hello"
ANA = "Ana Ferri <ana@example.com>"
BEN = "Ben Okafor <ben@example.com>"

FILE, PROGRAM, LINK = "100644", "100755", "120000"


@dataclass(frozen=True)
class Step:
    """One commit; a file whose content is None goes away."""

    author: str
    hours_ago: int
    subject: str
    files: dict[str, tuple[str, str] | None]
    body: str = ""
    tag: str = ""


@dataclass(frozen=True)
class Line:
    """A branch: commits, on top of another branch if it says so."""

    name: str
    steps: list[Step]
    start: str = ""


def _final(*paths: str) -> dict[str, tuple[str, str] | None]:
    return {
        path: (PROGRAM if path.startswith("bin/") else FILE, (HELLO / path).read_text())
        for path in paths
    }


def _changed(path: str, old: str, new: str) -> dict[str, tuple[str, str] | None]:
    content = (HELLO / path).read_text()
    if old not in content:
        raise ValueError(f"{path} does not contain {old!r}")
    return {path: (FILE, content.replace(old, new))}


def _first_steps() -> list[Step]:
    return [
        Step(
            ANA,
            212,
            "Say hello",
            {
                "README.md": (FILE, "# hello\n\nA page that says hello.\n"),
                "templates/index.html": (FILE, "<h1>@GREETING@</h1>\n<p>@REVISION@</p>\n"),
                "config/site.conf": (FILE, "greeting=Hello\n"),
            },
        ),
        Step(
            ANA,
            209,
            "Build the page with a shell script",
            _final("bin/build", "lib/steps.sh")
            | {
                ".gitignore": (FILE, "/build/\n/REVISION\n"),
                "static/hello.txt": (FILE, "hello\n"),
                "static/.nojekyll": (FILE, ""),
            },
        ),
    ]


def _commands() -> list[Step]:
    return [
        Step(BEN, 187, "Keep a list of guests", _final("bin/migrate", "migrations/001_guests.sql")),
        Step(BEN, 186, "Restart the workers after a deployment", _final("bin/restart")),
        Step(
            ANA,
            164,
            "Check that the page tells its revision",
            _final("bin/check"),
            "A deployment that leaves yesterday's page behind is not a success.",
        ),
    ]


def _first_looks() -> list[Step]:
    return [
        Step(
            BEN,
            140,
            "Give the page a title and a colour",
            _final("templates/index.html", "static/style.css")
            | _changed("config/site.conf", "teal", "darkred"),
        ),
        Step(
            ANA,
            116,
            "Tell the opening hours",
            {
                "static/opening hours.txt": (FILE, "Monday to Friday, 9 to 17\n"),
                "config/current.conf": (LINK, "site.conf"),
            },
            tag="v1.0",
        ),
    ]


def _later_steps() -> list[Step]:
    return [
        Step(ANA, 70, "Describe the four commands", _final("README.md")),
        Step(BEN, 51, "Remember when a guest was greeted", _final("migrations/002_greetings.sql")),
        Step(BEN, 46, "Drop the first greeting", {"static/hello.txt": None}),
        Step(
            ANA,
            27,
            "Open on Saturdays",
            {"static/opening hours.txt": (FILE, "Monday to Saturday, 9 to 17\n")},
        ),
        Step(
            BEN,
            5,
            "Make the page teal",
            _final("config/site.conf"),
            "Dark red looked like an error.",
        ),
    ]


def _login_steps() -> list[Step]:
    return [
        Step(ANA, 4, "Add a page to sign in", _final("templates/login.html")),
        Step(
            ANA,
            2,
            "Fix the password in the address of the page",
            _changed("templates/login.html", 'method="get"', 'method="post"'),
            "The form was sent by GET, so the password ended up in every access log.",
        ),
    ]


def _broken_steps() -> list[Step]:
    typo = _changed("config/site.conf", "greeting=Hello from all of us", "greting=Good morning")
    return [Step(BEN, 1, "Say good morning", typo)]


def branches() -> list[Line]:
    """Return the branches in the order in which they are made."""
    return [
        Line("main", [*_first_steps(), *_commands(), *_first_looks(), *_later_steps()]),
        Line("fix-login", _login_steps(), start="main"),
        Line("broken", _broken_steps(), start="main"),
    ]
