"""The command-line client: real processes before a real server."""

from __future__ import annotations

import ast
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from deployments.models import Deployment, Environment, Person
from deployments.services import tokens
from deployments.services.moves import move
from tests.deployments import build
from tests.servers import lossy

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
CLIENT = ROOT / "script" / "shipmate"

Shipmate = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def alice(transactional_db: None) -> Person:
    return build.person("alice")


@pytest.fixture
def qa(alice: Person, tmp_path: Path) -> Environment:
    app = build.application("hello", build.repository(tmp_path).path)
    return build.environment(app, "qa")


@pytest.fixture
def env(live_server: Any, alice: Person, tmp_path: Path) -> dict[str, str]:
    text = tokens.make(alice, "ci", by=alice)[1]
    return {"SHIPMATE_URL": live_server.url, "SHIPMATE_TOKEN": text, "HOME": str(tmp_path)}


@pytest.fixture
def shipmate(env: dict[str, str]) -> Shipmate:
    def run(*words: str, **changed: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(CLIENT), "--patience", "5", *words]
        return subprocess.run(
            command, env=env | changed, capture_output=True, text=True, timeout=60, check=False
        )

    return run


@pytest.fixture
def worker() -> Iterator[Callable[[str], None]]:
    """Carry out the next deployment in the background, to this end."""
    threads: list[threading.Thread] = []

    def work(end: str) -> None:
        threads.append(threading.Thread(target=_carry_out, args=(end,)))
        threads[-1].start()

    yield work
    for thread in threads:
        thread.join(30)


def _carry_out(end: str) -> None:
    until = time.monotonic() + 20
    while (found := Deployment.objects.filter(status="queued").first()) is None:
        assert time.monotonic() < until
        time.sleep(0.05)
    move(found, "in_progress")
    build.log(found, "compiling\n\x1b[31mred\x1b[0m\x1b]0;title\x07 wine\n")
    time.sleep(1.5)
    build.log(found, "linking\n")
    move(found, end, reason="command", note="make: exit status 2" if end == "failure" else "")
    connections.close_all()


def test_a_deployment_is_asked_for(shipmate: Shipmate, qa: Environment, alice: Person) -> None:
    said = shipmate("deploy", "hello/v2", "--to", "qa", "--why", "the build is green")

    made = Deployment.objects.get()
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith(f"#{made.pk} hello/qa v2 (")
    assert (made.person, made.via, made.why) == (alice, "api", "the build is green")


@pytest.mark.parametrize(("end", "status"), [("success", 0), ("failure", 1), ("error", 1),
                                             ("cancelled", 7)])  # fmt: skip
def test_its_end_is_the_exit_status(
    shipmate: Shipmate, qa: Environment, worker: Any, end: str, status: int
) -> None:
    worker(end)

    said = shipmate("deploy", "hello", "--to", "qa", "--wait")

    assert said.returncode == status
    assert "web-1 build: compiling\n" in said.stdout
    assert "web-1 build: linking\n" in said.stdout
    assert end in said.stdout.splitlines()[-1]


def test_a_terminal_is_told_colours_and_nothing_else(
    shipmate: Shipmate, qa: Environment, worker: Any
) -> None:
    worker("success")

    said = shipmate("deploy", "hello", "--to", "qa", "--wait")

    assert "\x1b[31mred\x1b[0m wine\n" in said.stdout
    number = str(Deployment.objects.get().pk)
    assert "red wine\n" in shipmate("log", number, NO_COLOR="1").stdout


def test_a_refusal_is_printed_with_all_its_reasons(shipmate: Shipmate, qa: Environment) -> None:
    qa.ssh_key.delete()

    said = shipmate("deploy", "hello/moon", "--to", "qa")

    assert said.returncode == 3
    assert said.stderr.startswith("Refused:\n- hello/qa has no SSH key.")
    assert "moon" in said.stderr.splitlines()[-1]


def test_a_lost_answer_is_asked_for_again_and_nothing_happens_twice(
    shipmate: Shipmate, qa: Environment, env: dict[str, str]
) -> None:
    with lossy.before(env["SHIPMATE_URL"]) as between:
        between.losing = 2
        said = shipmate("deploy", "hello", "--to", "qa", SHIPMATE_URL=between.url)

    assert (said.returncode, between.passed) == (0, 3)
    assert Deployment.objects.count() == 1


def test_a_key_of_ones_own_counts_once(shipmate: Shipmate, qa: Environment) -> None:
    for _ in range(2):
        assert shipmate("deploy", "hello", "--to", "qa", "--key", "job-7").returncode == 0

    assert Deployment.objects.count() == 1


def test_where_nobody_answers_patience_ends(shipmate: Shipmate) -> None:
    said = shipmate("--patience", "1", "status", SHIPMATE_URL="http://127.0.0.1:9")

    assert said.returncode == 5
    assert "does not answer" in said.stderr and "refused" in said.stderr


def test_a_token_that_is_of_no_use_is_named(shipmate: Shipmate) -> None:
    said = shipmate("status", SHIPMATE_TOKEN="ship_made_up")

    assert said.returncode == 4
    assert "This token is not known." in said.stderr


def test_waiting_ends_when_it_was_told_to(shipmate: Shipmate, qa: Environment) -> None:
    said = shipmate("deploy", "hello", "--to", "qa", "--wait", "--timeout", "1")

    assert said.returncode == 6
    assert "still goes on. To stop it: shipmate cancel" in said.stderr


def test_an_interrupted_one_says_that_it_goes_on(env: dict[str, str], qa: Environment) -> None:
    command = [sys.executable, "-u", str(CLIENT), "deploy", "hello", "--to", "qa", "--wait"]
    running = subprocess.Popen(command, env=env, stdout=-1, stderr=-1, text=True)
    assert running.stdout and running.stdout.readline()
    time.sleep(1)

    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)

    assert running.returncode == 130
    assert "still goes on" in said
    assert Deployment.objects.get().status == "queued"


def test_what_is_paused_goes_on_and_failed_hosts_are_retried(
    shipmate: Shipmate, qa: Environment, alice: Person
) -> None:
    build.place(qa, "hello-qa-2")
    hosts = [{"name": "hello-qa-1"}, {"name": "hello-qa-2"}]
    partly = build.deployment(
        qa, alice, "a" * 40, status="failure", reason="partly", settings={"hosts": hosts}
    )
    build.phase(partly, "restart", 0, "success", "failure")
    paused = build.deployment(
        qa,
        alice,
        "a" * 40,
        status="in_progress",
        lease_until=None,
        paused_at=build.long_ago(),
    )

    assert "is paused until somebody lets it go on" in shipmate("status", str(paused.pk)).stdout
    assert shipmate("go-on", str(paused.pk)).returncode == 0
    assert shipmate("retry", str(partly.pk), "--failed-hosts").returncode == 0

    assert not Deployment.objects.get(pk=paused.pk).is_paused
    assert Deployment.objects.get(kind="retry").hosts == ["hello-qa-2"]


def test_what_failed_is_retried_and_an_environment_returns(
    shipmate: Shipmate, qa: Environment, alice: Person, tmp_path: Path
) -> None:
    old = build.live(qa, alice, "a" * 40)
    build.live(qa, alice, "b" * 40)

    assert shipmate("rollback", "hello", "--in", "qa", "--to", f"#{old.pk}").returncode == 0
    made = Deployment.objects.get(status="queued")
    assert (made.kind, made.parent) == ("rollback", old)
    assert shipmate("cancel", str(made.pk)).returncode == 0
    assert shipmate("retry", str(made.pk)).returncode == 0
    assert list(Deployment.objects.values_list("kind", "status"))[:2] == [
        ("rollback", "queued"),
        ("rollback", "cancelled"),
    ]


def test_it_says_what_runs_where(shipmate: Shipmate, qa: Environment, alice: Person) -> None:
    live = build.live(qa, alice, "a" * 40)

    place, one = shipmate("status", "hello"), shipmate("status", f"#{live.pk}")

    assert f"hello/qa runs aaaaaaa on 1; newest #{live.pk} success by alice" in place.stdout
    assert one.stdout == f"#{live.pk} hello/qa main (aaaaaaa) success\n"
    assert one.stdout in shipmate("status").stdout


def test_a_line_is_said_as_in_chat(shipmate: Shipmate, qa: Environment) -> None:
    assert "hello" in shipmate("say", "status hello").stdout
    assert shipmate("say", "zebra").returncode == 3


def test_it_says_who_it_is(shipmate: Shipmate) -> None:
    assert shipmate("whoami").stdout.startswith("alice, by the token “ci”: read, deploy")


# ---- Where and as whom ----


def test_address_and_token_may_stand_in_a_file_of_ones_own(
    shipmate: Shipmate, env: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "shipmate"
    file.write_text(f"url = {env['SHIPMATE_URL']}\ntoken = {env['SHIPMATE_TOKEN']}\n")
    from_file = {"SHIPMATE_URL": "", "SHIPMATE_TOKEN": "", "SHIPMATE_CONFIG": str(file)}
    file.chmod(0o644)
    open_to_all = shipmate("whoami", **from_file)
    file.chmod(0o600)

    assert (open_to_all.returncode, f"chmod 600 {file}" in open_to_all.stderr) == (2, True)
    assert shipmate("whoami", **from_file).returncode == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"SHIPMATE_TOKEN": ""}, "Set SHIPMATE_TOKEN."),
        ({"SHIPMATE_URL": "", "SHIPMATE_TOKEN": ""}, "Set SHIPMATE_URL and SHIPMATE_TOKEN."),
        ({"SHIPMATE_URL": "deploy.example.com"}, "https://deploy.example.com"),
        ({"SHIPMATE_URL": "http://deploy.example.com"}, "Over http everybody"),
        ({"SHIPMATE_TOKEN": "two words"}, "is no token"),
    ],
)
def test_settings_that_cannot_work_are_named(
    shipmate: Shipmate, changed: dict[str, str], said: str
) -> None:
    answer = shipmate("status", **changed)

    assert (answer.returncode, said in answer.stderr) == (2, True)


class SendsOn(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "http://thief.example/")
        self.end_headers()


def test_a_token_is_not_sent_on_to_another_address(shipmate: Shipmate) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), SendsOn) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        said = shipmate("status", SHIPMATE_URL=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()

    assert said.returncode == 2
    assert "sends on to http://thief.example/. Set SHIPMATE_URL to that." in said.stderr


class Proxy(ThreadingHTTPServer):
    """A proxy that is busy at first, and says by a date when to come again."""

    def __init__(self, busy: int) -> None:
        super().__init__(("127.0.0.1", 0), Proxied)
        self.busy = busy
        self.asked: list[str] = []


class Proxied(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        busy = len(self.server.asked) <= self.server.busy
        self.send_response(503 if busy else 200)
        self.send_header("Retry-After", "Wed, 21 Oct 2037 07:28:00 GMT")
        self.end_headers()
        if not busy:
            self.wfile.write(b'{"results": []}')


def test_a_date_in_retry_after_is_no_reason_to_fail(shipmate: Shipmate) -> None:
    with Proxy(busy=1) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        said = shipmate("status", SHIPMATE_URL=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()

    assert (said.returncode, len(server.asked)) == (0, 2)


def test_a_proxy_of_the_environment_is_used(shipmate: Shipmate) -> None:
    with Proxy(busy=0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        proxy = f"http://127.0.0.1:{server.server_port}"
        far = {"SHIPMATE_URL": "http://deploy.invalid", "SHIPMATE_ALLOW_HTTP": "1"}
        said = shipmate("status", **far, http_proxy=proxy)
        server.shutdown()

    assert said.returncode == 0
    assert server.asked[-1].startswith("http://deploy.invalid/api/deployments/")


def test_a_certificate_that_is_not_trusted_is_named_at_once(
    shipmate: Shipmate, tmp_path: Path
) -> None:
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
            "/CN=localhost", "-keyout", "key.pem", "-out", "cert.pem"]  # fmt: skip
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with Proxy(busy=0) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        said = shipmate("status", SHIPMATE_URL=f"https://127.0.0.1:{server.server_port}")
        server.shutdown()

    assert said.returncode == 2
    assert "is not who it says" in said.stderr


def test_a_wrong_command_line_is_explained(shipmate: Shipmate) -> None:
    for words in (["deploy", "hello"], ["retry", "seven"], []):
        assert shipmate(*words).returncode == 2


def test_pythons_as_old_as_it_says_can_read_it() -> None:
    ast.parse(CLIENT.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_it_needs_nothing_but_python() -> None:
    wanted = re.findall(r"^(?:import|from) (\w+)", CLIENT.read_text(encoding="utf-8"), re.M)

    assert set(wanted) <= sys.stdlib_module_names
