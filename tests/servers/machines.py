"""Machines of one installation: each a folder and an address of its own, one database, one app."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import requests
from cryptography.fernet import Fernet

from tests.servers import checkout
from tests.servers.repositories import Repository
from tests.servers.sshd import Sshd

SHELL = ("shell", "-v", "0", "-c")
COMMAND = (
    "echo x >>$HOME/ran; echo begun; seq 1 3000; until [ -e $HOME/go ]; do sleep 0.2; done; "
    "seq 1 3000; echo over"
)
PREPARE = """
import getpass, json
from django.test import Client
from deployments.models import Environment, Host, Placement
from deployments.services import credentials, tokens
from tests.deployments import build
app = build.application("shop", {location!r}, build=[{command!r}], restart=[])
live = Environment.objects.create(application=app, name="live", position=1)
host = Host.objects.create(name="web-1", address="127.0.0.1", port={port},
    user=getpass.getuser(), host_keys={host_key!r})
Placement.objects.create(environment=live, host=host, roles=["web"])
credentials.give_key(live, {key!r}, build.maker())
alice = build.person("alice")
client = Client()
client.force_login(alice)
token = tokens.make(alice, "ci", by=build.maker())[1]
print(json.dumps([token, client.session.session_key]))
"""


class Machine(checkout.Running):
    """One of the machines. Web, one cluster of deploy workers, chat and sweeper run on it."""

    def __init__(self, folder: Path, address: str, **settings: str) -> None:
        serve = ["script/manage", "serve", "--clusters", "1", "--address", address]
        super().__init__(checkout.copy(folder), *serve, **settings)
        self.address = address

    def manage(self, *words: str, **more: str) -> tuple[int, str]:
        return checkout.run(self.checkout / "script/manage", *words, more={**self.more, **more})

    def has(self, number: int) -> bool:
        """Return whether a process runs on it."""
        return number in {process.pid for process in self.processes()}

    def stop(self) -> int:
        """Tell it to stop, as systemd does, and wait until it has."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(checkout.STOP_SECONDS)

    def mirrors(self) -> set[str]:
        """Return the mirrors of repositories that it keeps."""
        return {path.name for path in (self.checkout / ".state/demo/mirrors").glob("*.git")}


class Installation:
    """Several machines, the host that they deploy to, and alice, who asks for deployments."""

    def __init__(self, database: str, folder: Path, host: Sshd) -> None:
        self.database, self.folder, self.host = database, folder, host
        self.repository = Repository(folder / "shop.git")
        self.repository.commit({"app.txt": "one\n"}, "Begin")
        self.settings = {
            "SHIPMATE_DATABASE_URL": database,
            "SHIPMATE_SECRET_KEY": "what both machines have",
            "SHIPMATE_FERNET_KEY": Fernet.generate_key().decode(),
            "SHIPMATE_REPOSITORY_ROOTS": str(folder),
            "SHIPMATE_ALLOWED_HOSTS": "127.0.0.1,127.0.0.2",
            "SHIPMATE_LEASE_SECONDS": "3",
            "SHIPMATE_DEPLOY_WORKERS": "2",
        }
        self.token = self.session = ""

    def machine(self, name: str, address: str = "127.0.0.1") -> Machine:
        return Machine(self.folder / name, address, **self.settings)

    def prepare(self, machine: Machine) -> None:
        """Make the app, whose deployments run until they are let go."""
        given = {
            "location": f"file://{self.repository.path}",
            "command": COMMAND,
            "port": self.host.port,
            "host_key": self.host.host_key,
            "key": self.host.login.private,
        }
        code, said = machine.manage(*SHELL, PREPARE.format(**given))
        assert code == 0, said
        self.token, self.session = json.loads(said.strip().splitlines()[-1])

    def ask(self, machine: Machine) -> int:
        """Ask for a deployment at this machine's address and return its number."""
        asked = {"app": "shop", "environment": "live"}
        answer = requests.post(
            f"{machine.url}/api/deployments/", json=asked, headers=self._as_alice(), timeout=60
        )
        assert answer.status_code == 201, answer.text
        return int(answer.json()["number"])

    def follow(self, machine: Machine, number: int) -> list[tuple[str, str]]:
        """Read the log there to its end; each question waits until there is something new."""
        lines: list[tuple[str, str]] = []
        after, ended = 0, False
        while not ended:
            answer = self._ask(machine, f"deployments/{number}/log/?after={after}&wait=10")
            if answer.status_code >= 500:  # its database is away
                time.sleep(0.2)
                continue
            piece = answer.json()
            lines += [(line["phase"], line["text"]) for line in piece["lines"]]
            after, ended = piece["after"], piece["ended"] and not piece["more"]
        return lines

    def listen(self, machine: Machine) -> Listening:
        """Open a live page there."""
        cookies = {"sessionid": self.session}
        return Listening(
            requests.get(f"{machine.url}/live/", cookies=cookies, stream=True, timeout=60)
        )

    def rows(self, question: str, *given: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database) as connection:
            return connection.execute(question, given).fetchall()

    def row(self, number: int) -> dict[str, Any]:
        names = ("status", "reason", "note", "epoch", "worker")
        question = f"SELECT {', '.join(names)} FROM deployments_deployment WHERE id = %s"  # noqa: S608
        (found,) = self.rows(question, number)
        return dict(zip(names, found, strict=True))

    def let_go(self) -> None:
        """Let the command on the host come to its end, and later ones at once."""
        (self.host.home / "go").touch()

    def wait_for(self, number: int, seconds: float = 120) -> dict[str, Any]:
        """Wait until it has ended."""
        until = time.monotonic() + seconds
        while (row := self.row(number))["status"] in ("pending", "queued", "in_progress"):
            assert time.monotonic() < until, row
            time.sleep(0.1)
        return row

    def wait_until_begun(self, number: int) -> None:
        """Wait until the command runs on the host and its first lines are kept."""
        checkout.Running.wait(lambda: "begun\n" in self.log(number), 90)

    def log(self, number: int) -> str:
        """Return what is kept of what the command printed."""
        question = (
            "SELECT text FROM deployments_logchunk "
            "WHERE deployment_id = %s AND phase = 'build' ORDER BY seq"
        )
        return "".join(text for (text,) in self.rows(question, number))

    def lines(self, number: int) -> list[str]:
        return self.log(number).splitlines()

    def is_whole(self, number: int) -> bool:
        """Return whether the log is, by its hash, what the command printed when it ran once."""
        lines = "".join(f"{line}\n" for line in range(1, 3001))
        whole = f"$ {COMMAND}\nbegun\n{lines}{lines}over\n"
        return sha256(self.log(number).encode()).digest() == sha256(whole.encode()).digest()

    def times_run(self) -> int:
        return (self.host.home / "ran").read_text().count("x")

    def _ask(self, machine: Machine, path: str) -> requests.Response:
        return requests.get(f"{machine.url}/api/{path}", headers=self._as_alice(), timeout=60)

    def _as_alice(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Listening(threading.Thread):
    """What a live page hears."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__(daemon=True)
        assert answer.status_code == 200
        self.answer = answer
        self.heard: list[str] = []
        self.start()

    def run(self) -> None:
        with suppress(requests.RequestException):  # the machine has died
            for line in self.answer.iter_lines(decode_unicode=True):
                self.heard.append(line)

    def of(self, number: int) -> bool:
        """Return whether it has heard of a deployment."""
        return any(f'"deployment": {number},' in line for line in self.heard)


@contextmanager
def running(*machines: Machine) -> Iterator[None]:
    """Run them until the end of the test, whatever is done to them."""
    try:
        for machine in machines:
            machine.start()
        yield
    finally:
        for machine in machines:
            machine.end()
