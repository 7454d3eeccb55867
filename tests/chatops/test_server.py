"""script/server: a real installation, set up by environment variables."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.servers import checkout
from tests.servers.checkout import Running

pytestmark = pytest.mark.slow

NAMES = {
    "SHIPMATE_ALLOWED_HOSTS": "deploy.example.com,127.0.0.1",
    "SHIPMATE_URL": "https://deploy.example.com",
    "SHIPMATE_TRUSTED_PROXIES": "1",
}
AS_PROXIED = {"X-Forwarded-Proto": "https", "Host": "deploy.example.com"}


def check(state: Path, **given: str) -> tuple[int, str]:
    """Do what script/server does before it starts anything."""
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(
        command,
        cwd=checkout.ROOT,
        env=checkout.environment(SHIPMATE_SERVER="true", SHIPMATE_STATE=str(state), **given),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr + done.stdout


def test_djangos_own_list_for_deployments_is_clean(tmp_path: Path) -> None:
    assert check(tmp_path, **NAMES) == (0, "System check identified no issues (0 silenced).\n")


def test_without_allowed_hosts_it_does_not_start(tmp_path: Path) -> None:
    code, said = check(tmp_path, **{**NAMES, "SHIPMATE_ALLOWED_HOSTS": ""})

    assert code == 1
    assert "Set SHIPMATE_ALLOWED_HOSTS, such as deploy.example.com." in said


def test_the_demos_target_is_refused(tmp_path: Path) -> None:
    code, said = check(tmp_path, **NAMES, SHIPMATE_DEMO="true")

    assert code == 1
    assert "no place to deploy to for real" in said


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkout.copy(tmp_path_factory.mktemp("server") / "a server's place")


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[Running]:
    with checkout.running(place, "script/server", "--clusters", "1", **NAMES) as started:
        yield started


def get(server: Running, path: str, **headers: str) -> requests.Response:
    return requests.get(
        f"http://127.0.0.1:{server.port}{path}",
        headers={**AS_PROXIED, **headers},
        allow_redirects=False,
        timeout=10,
    )


@pytest.mark.slow
def test_it_answers_behind_a_proxy_that_speaks_https(server: Running) -> None:
    assert get(server, "/healthz").text == "ok\n"
    assert get(server, "/accounts/login/").status_code == 200


@pytest.mark.slow
def test_cookies_travel_by_https_only(server: Running) -> None:
    cookies = get(server, "/accounts/login/").headers["Set-Cookie"]

    assert "csrftoken=" in cookies
    assert "Secure" in cookies


@pytest.mark.slow
def test_plain_http_is_sent_on_and_browsers_remember(server: Running) -> None:
    away = get(server, "/accounts/login/", **{"X-Forwarded-Proto": "http"})

    assert away.headers["Location"] == "https://deploy.example.com/accounts/login/"
    assert (
        "max-age=31536000" in get(server, "/accounts/login/").headers["Strict-Transport-Security"]
    )


@pytest.mark.slow
def test_another_name_is_refused(server: Running) -> None:
    assert get(server, "/accounts/login/", Host="evil.example").status_code == 400


@pytest.mark.slow
def test_another_name_is_one_line_in_the_log(server: Running) -> None:
    get(server, "/accounts/login/", Host="stray.example")

    server.wait(lambda: "stray.example" in server.log.read_text())
    log = server.log.read_text()
    (line,) = (line for line in log.splitlines() if "stray.example" in line)
    assert "WARNING django.security.DisallowedHost" in line
    assert "Traceback" not in log


@pytest.mark.slow
def test_a_second_one_on_the_same_state_is_refused(server: Running, place: Path) -> None:
    code, said = checkout.run(
        place / "script/server", "--port", str(checkout.free_port()), more=NAMES
    )

    assert code == 1
    assert "Shipmate runs already on the state folder" in said


@pytest.mark.slow
def test_what_is_told_to_stop_leaves_nothing_behind(tmp_path: Path) -> None:
    place = checkout.copy(tmp_path / "server")
    with checkout.running(place, "script/server", "--clusters", "1", **NAMES) as server:
        assert server.process is not None
        server.process.terminate()

        assert server.process.wait(checkout.STOP_SECONDS) == 0
        assert server.processes() == []
