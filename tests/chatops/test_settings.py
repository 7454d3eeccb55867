from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

from tests.servers import checkout

ROOT = checkout.ROOT


def test_the_documents_list_exactly_the_variables_that_are_read() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/settings.md").read_text(), re.M)

    assert sorted(listed) == sorted(variables())
    assert len(listed) == len(set(listed))


def variables() -> set[str]:
    """Return the names that chatops/settings.py asks the environment for."""
    calls = [
        node
        for node in ast.walk(ast.parse((ROOT / "chatops/settings.py").read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id.startswith("env_")
        and isinstance(call.args[0], ast.Constant)
    }


def test_without_any_variable_this_machine_alone_is_served(tmp_path: Path) -> None:
    assert ask(tmp_path, "s.ALLOWED_HOSTS") == "['127.0.0.1', 'localhost', '[::1]']"
    assert ask(tmp_path, "s.DEBUG or s.SERVER or s.SHIPMATE_DEMO") == "False"


def test_any_folder_may_hold_the_state(tmp_path: Path) -> None:
    state = tmp_path / "50%41 of #1?"

    assert ask(state, "s.DATABASES['default']['NAME']") == str(state / "shipmate.sqlite3")
    assert state.stat().st_mode & 0o777 == 0o700


def test_a_database_server_that_is_cut_off_is_noticed(tmp_path: Path) -> None:
    options = "s.DATABASES['default']['OPTIONS']"
    url = "postgres://shipmate@db.example.com/shipmate?sslmode=require&connect_timeout=3"

    given = ast.literal_eval(ask(tmp_path, options, SHIPMATE_DATABASE_URL=url))

    assert given["tcp_user_timeout"] == 30_000
    assert given["sslmode"] == "require"
    assert int(given["connect_timeout"]) == 3


def test_a_server_trusts_forms_from_its_own_address_alone(tmp_path: Path) -> None:
    url = "https://deploy.example.com/shipmate/"

    assert (
        ask(tmp_path, "s.CSRF_TRUSTED_ORIGINS", SHIPMATE_URL=url)
        == "['https://deploy.example.com']"
    )


def test_forwarded_headers_are_believed_only_from_a_proxy_that_is_named(tmp_path: Path) -> None:
    header = "('HTTP_X_FORWARDED_PROTO', 'https')"

    assert ask(tmp_path, "s.SECURE_PROXY_SSL_HEADER") == "None"
    assert ask(tmp_path, "s.SECURE_PROXY_SSL_HEADER", SHIPMATE_TRUSTED_PROXIES="1") == header


def ask(state: Path, expression: str, **given: str) -> str:
    """Evaluate an expression of the settings `s` in a process with these variables alone."""
    done = subprocess.run(
        [sys.executable, "-c", f"from chatops import settings as s; print({expression})"],
        cwd=ROOT,
        env=checkout.environment(SHIPMATE_STATE=str(state), **given),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
