"""A whole installation for as long as something is measured: all that script/demo runs.

With the demo's SSH target, in a folder of its own that is forgotten afterwards.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import django

from benchmarks.scale import _postgresql, forget_others
from chatops.demo.__main__ import supervised
from chatops.demo.options import Options

READY_SECONDS = 120


@contextmanager
def configured(database: str = "sqlite") -> Iterator[Options]:
    """Have Django know the folder's settings; models can be imported from here on."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="shipmate-bench-"))
        options = Options(Path(folder), _free_port(), True, False, "", "", (), None, None)
        options.state.mkdir(parents=True)
        forget_others()
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "chatops.settings",
            "SHIPMATE_STATE": str(options.state),
            "SHIPMATE_URL": f"http://127.0.0.1:{options.port}",
            "SHIPMATE_DEMO": "true",
            "SHIPMATE_LOG_LEVEL": "ERROR",
        }
        if database == "postgresql":
            os.environ["SHIPMATE_DATABASE_URL"] = stack.enter_context(_postgresql(Path(folder)))
        django.setup()
        yield options


@contextmanager
def running(options: Options) -> Iterator[None]:
    """Make the demo's app, room and hosts, and run web, workers and sweeper."""
    from chatops.demo import running  # noqa: PLC0415  models are there only now

    running.prepare(options, lambda text: None)
    with supervised(running.configuration(options)) as supervisor:
        running.wait_until_ready(options, supervisor, READY_SECONDS)
        yield


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
