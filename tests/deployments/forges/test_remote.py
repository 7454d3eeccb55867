from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pytest_django import Settings

from deployments.exceptions import ForgeError, RepositoryAway
from deployments.forges import mirrors
from deployments.forges.contract import Source
from deployments.forges.local import LocalForge
from tests.servers.certificates import write_certificate
from tests.servers.repositories import Repository
from tests.servers.sshd import running

pytestmark = pytest.mark.slow


class Handler(SimpleHTTPRequestHandler):
    """Serve files; what is under /moved/ has moved, what is under /ill/ is broken."""

    is_ill = False

    def do_GET(self) -> None:
        if self.path.startswith("/moved/"):
            self.send_response(301)
            self.send_header("Location", self.path.removeprefix("/moved"))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.is_ill or self.path.startswith("/ill/"):
            self.send_error(503)
        else:
            super().do_GET()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def https(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address under which the allowed folder is served, with a certificate git trusts."""
    root.mkdir(exist_ok=True)
    write_certificate(tmp_path / "server.pem")
    monkeypatch.setenv("GIT_SSL_CAINFO", str(tmp_path / "server.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=root)) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_repository_is_read_over_https(
    forge: LocalForge, repository: Repository, https: str
) -> None:
    sha = repository.commit({"a": "a"})
    repository.git("update-server-info")
    source = Source(f"{https}/web.git", "web")

    found = forge.resolve(source)

    assert (found.sha, found.ref) == (sha, "main")
    assert forge.diff(source, None, sha).changed == 1


def test_a_redirect_is_not_followed(forge: LocalForge, repository: Repository, https: str) -> None:
    repository.commit()
    repository.git("update-server-info")

    with pytest.raises(ForgeError, match=r"301.*set the address that it has now"):
        forge.resolve(Source(f"{https}/moved/web.git", "web"))


def test_a_repository_that_the_server_lacks_is_refused(forge: LocalForge, https: str) -> None:
    with pytest.raises(ForgeError, match="not found") as refusal:
        forge.resolve(Source(f"{https}/none.git", "web"))

    assert not isinstance(refusal.value, RepositoryAway)


def test_a_server_that_is_ill_is_away(forge: LocalForge, https: str) -> None:
    with pytest.raises(RepositoryAway, match="503"):
        forge.resolve(Source(f"{https}/ill/web.git", "web"))


def test_an_unknown_certificate_is_refused(
    forge: LocalForge, https: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GIT_SSL_CAINFO")

    with pytest.raises(ForgeError, match="certificate"):
        forge.resolve(Source(f"{https}/web.git", "web"))


@pytest.mark.sshd
def test_an_unknown_host_key_is_refused_with_what_to_do(forge: LocalForge, tmp_path: Path) -> None:
    with (
        running(tmp_path / "host") as host,
        pytest.raises(ForgeError, match=r"add it to ~/\.ssh/known_hosts"),
    ):
        forge.resolve(Source(f"ssh://git@127.0.0.1:{host.port}/web.git", "web"))


@pytest.mark.parametrize("form", ["https://127.0.0.1:{}/a", "ssh://git@127.0.0.1:{}/a"])
def test_a_machine_that_refuses_is_away(forge: LocalForge, form: str) -> None:
    with pytest.raises(RepositoryAway, match="web cannot be reached"):
        forge.resolve(Source(form.format(closed_port()), "web"))


def test_a_name_without_an_address_is_away(forge: LocalForge) -> None:
    with pytest.raises(RepositoryAway, match="web cannot be reached"):
        forge.resolve(Source("https://nowhere.invalid/a", "web"))


@pytest.mark.parametrize("form", ["https://127.0.0.1:{}/a", "ssh://git@127.0.0.1:{}/a"])
def test_a_machine_that_never_answers_is_away(
    forge: LocalForge, settings: Settings, silent_port: int, form: str
) -> None:
    settings.GIT_TIMEOUT = 1

    with pytest.raises(RepositoryAway, match="did not answer within 1 s"):
        forge.resolve(Source(form.format(silent_port), "web"))


# ---- What is remembered of it, without asking ----


@pytest.fixture
def ill(
    forge: LocalForge, https: str, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> Source:
    """A repository whose server was ill when it was asked, and is well again."""
    repository.commit()
    repository.git("update-server-info")
    source = Source(f"{https}/web.git", "web")
    monkeypatch.setattr(Handler, "is_ill", True)
    with pytest.raises(RepositoryAway):
        forge.refs(source)
    monkeypatch.setattr(Handler, "is_ill", False)
    return source


def test_of_one_that_nobody_has_asked_nothing_is_known(forge: LocalForge) -> None:
    assert forge.away(Source(f"https://127.0.0.1:{closed_port()}/a", "web")) is None


def test_that_it_was_away_is_remembered_with_the_time(forge: LocalForge, ill: Source) -> None:
    found = forge.away(ill)

    assert found is not None
    assert "web cannot be reached" in found.text and "503" in found.text
    assert timedelta(0) <= datetime.now(UTC) - found.at < timedelta(minutes=5)


def test_once_it_answers_it_is_away_no_more(forge: LocalForge, ill: Source) -> None:
    forge.refs(ill)

    assert forge.away(ill) is None


def test_also_when_its_answer_is_a_refusal(
    forge: LocalForge, ill: Source, repository: Repository
) -> None:
    repository.path.rename(repository.path.with_name("other.git"))
    with pytest.raises(ForgeError, match="not found"):
        forge.refs(ill)

    assert forge.away(ill) is None


def test_what_was_heard_long_ago_tells_nothing_of_now(forge: LocalForge, ill: Source) -> None:
    long_ago = (datetime.now(UTC) - timedelta(minutes=11)).timestamp()
    os.utime(mirrors._note(ill), (long_ago, long_ago))

    assert forge.away(ill) is None


def test_a_folder_on_this_machine_is_looked_at(
    forge: LocalForge, source: Source, repository: Repository
) -> None:
    moved = repository.path.rename(repository.path.with_name("away.git"))
    found = forge.away(source)
    assert found is not None and found.text == f"There is no folder {source.location} now."

    moved.rename(repository.path)
    assert forge.away(source) is None


def test_an_address_that_may_not_be_used_is_another_trouble(forge: LocalForge) -> None:
    outside = Source("/nowhere/web.git", "web")

    assert forge.away(outside) is None
    assert not forge.has(outside, "a" * 40)


def test_a_commit_that_is_on_this_machine_is_known_to_be(
    forge: LocalForge, source: Source, repository: Repository
) -> None:
    sha = repository.commit()
    assert not forge.has(source, sha)

    forge.resolve(source)

    assert forge.has(source, sha)
    assert not forge.has(source, "main")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Host key verification failed. fatal: Could not read", "add it to ~/.ssh/known_hosts"),
        ("git@host: Permission denied (publickey). fatal: Could not read", "Give the deploy key"),
        (
            "fatal: could not read Username for 'https://host': x",
            "It is private, or does not exist",
        ),
        ("fatal: early EOF", "web cannot be read"),
    ],
)
def test_a_refusal_says_what_to_do(source: Source, said: str, told: str) -> None:
    refusal = mirrors._failure(source, said)

    assert told in str(refusal)
    assert not isinstance(refusal, RepositoryAway)
