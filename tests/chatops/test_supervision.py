from __future__ import annotations

import configparser
import shlex
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from supervisor.options import ServerOptions

from chatops import supervision
from tests.deployments.services.world import until
from tests.servers import checkout

pytestmark = pytest.mark.slow


def configured(folder: Path, **options: int) -> configparser.RawConfigParser:
    kept = supervision.programs("127.0.0.1", 8234, clusters=3)
    path = supervision.configure(folder, kept, to_stdout=False, **options)
    found = configparser.RawConfigParser()
    found.read(path, encoding="utf-8")
    return found


def test_web_both_kinds_of_workers_and_the_sweeper_are_kept_running(tmp_path: Path) -> None:
    found = configured(tmp_path)

    assert found["group:shipmate"]["programs"] == "web,deploy,chat,sweeper"
    assert {found[f"program:{name}"]["autorestart"] for name in ("web", "deploy")} == {"true"}


def test_there_are_as_many_clusters_of_deploy_workers_as_asked_for(tmp_path: Path) -> None:
    found = configured(tmp_path)

    assert found["program:deploy"]["numprocs"] == "3"
    assert found["program:chat"]["numprocs"] == "1"


def test_odd_folders_are_written_so_that_supervisord_reads_them(tmp_path: Path) -> None:
    folder, odd = tmp_path / "100%41 o'clock", ["echo", "50%41 o'clock #1 ;2"]
    folder.mkdir()
    path = supervision.configure(folder, [supervision.Program("web", odd)], to_stdout=False)

    read = ServerOptions()
    read.realize(["-c", str(path)])

    (program,) = read.process_group_configs[0].process_configs
    assert shlex.split(program.command) == odd
    assert (checkout.ROOT / program.stdout_logfile).parent.samefile(folder / "logs")
    assert (checkout.ROOT / read.pidfile).parent.samefile(folder)


def test_a_full_disk_under_its_log_ends_nobody(tmp_path: Path) -> None:
    """What it keeps running prints all the time, and nothing can be written."""
    chatty = ["sh", "-c", "while sleep 0.1; do echo on; done"]
    kept = [supervision.Program("web", chatty)]
    path = supervision.configure(tmp_path, kept, to_stdout=True)
    with Path("/dev/full").open("wb") as full:
        process = psutil.Popen(
            supervision.command(path), cwd=checkout.ROOT, stdout=full, stderr=full
        )
    try:
        with pytest.raises(psutil.TimeoutExpired):
            process.wait(6)
        assert [child.name() for child in process.children()] == ["sh"]
    finally:
        process.terminate()
        process.wait(30)


def test_one_supervisor_holds_a_folder(tmp_path: Path) -> None:
    supervision.hold(tmp_path)

    with pytest.raises(BlockingIOError):
        supervision.hold(tmp_path, 0.2)


SLOW_TO_LOAD = """
import os, pathlib, time
pathlib.Path("pid.new").write_text(str(os.getpid()))
pathlib.Path("pid.new").rename("pid")
while not pathlib.Path("go").exists():
    time.sleep(0.1)
import django
django.setup()
time.sleep(300)
"""


def test_what_had_not_loaded_when_its_supervisor_died_ends_too(tmp_path: Path) -> None:
    (tmp_path / "web.py").write_text(SLOW_TO_LOAD)
    kept = [supervision.Program("web", ["env", "-C", str(tmp_path), sys.executable, "web.py"])]
    path = supervision.configure(tmp_path, kept, to_stdout=False)
    more = {"DJANGO_SETTINGS_MODULE": "chatops.settings", "SHIPMATE_STATE": str(tmp_path)}
    more |= {"SHIPMATE_SUPERVISED": "1", "PYTHONPATH": str(checkout.ROOT)}
    supervisor = psutil.Popen(
        supervision.command(path), cwd=checkout.ROOT, env=checkout.environment(**more)
    )
    until((tmp_path / "pid").exists, 60)
    left = psutil.Process(int((tmp_path / "pid").read_text()))

    supervisor.kill()
    supervisor.wait()
    (tmp_path / "go").touch()

    assert psutil.wait_procs([left], timeout=60)[1] == []


def test_what_is_tethered_ends_with_its_parent(tmp_path: Path) -> None:
    (tmp_path / "sleeper.py").write_text("import time; print('here', flush=True); time.sleep(60)")
    start = f"subprocess.Popen({[*supervision.TETHERED, 'sleeper']}); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", f"import subprocess, time; {start}"],
        env=checkout.environment(PYTHONPATH=f"{checkout.ROOT}:{tmp_path}"),
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"here\n"
        (child,) = psutil.Process(parent.pid).children()

        parent.kill()

        assert psutil.wait_procs([child], timeout=5)[1] == []
