"""What goes wrong on a host: each thing has its own word, and none reads as a success."""

from __future__ import annotations

import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from deployments.runner import wrapper
from tests.deployments.runner.observing import new_id, until
from tests.deployments.runner.shells import Shell, instead

pytestmark = pytest.mark.slow


def test_a_log_that_was_cut_is_told(shell: Shell) -> None:
    run_id = new_id()
    shell.do("start", run_id, script="echo 0123456789")
    (shell.folder(run_id) / "log").write_text("")

    assert shell.do("attach", run_id, offset=4).last == ["short"]


def test_a_log_that_was_cut_and_has_grown_again_meanwhile_is_told(shell: Shell) -> None:
    run_id = new_id()
    script = f'echo 0123456789; {WAIT}; printf "%040d" 0'
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shell.do, "start", run_id, script=script)
        until(lambda: len(shell.log(run_id)) == 11)
        time.sleep(0.5)  # so that it has been read
        (shell.folder(run_id) / "log").write_text("")
        time.sleep(0.5)
        (shell.home / "go").touch()

        assert first.result().last == ["short"]


WAIT = 'until [ -e "$HOME/go" ]; do sleep .1; done'


def test_a_script_whose_supervisor_was_killed_is_followed_to_its_end(shell: Shell) -> None:
    """How it ended is not known then, but nothing goes on after it was said."""
    run_id = new_id()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shell.do, "start", run_id, script=f"echo up; {WAIT}; echo down")
        until(lambda: b"up" in shell.log(run_id))
        psutil.Process(int(shell.claim(run_id)[0])).kill()
        time.sleep(0.5)
        (shell.home / "go").touch()

        assert first.result().output == b"up\ndown\n"
        assert first.result().last == shell.do("attach", run_id).last == ["lost", "-", "8"]
    assert [file.read_text() for file in shell.folder(run_id).glob("script.*")] == [""]


def test_cancel_finds_a_script_whose_supervisor_was_killed(shell: Shell) -> None:
    run_id = new_id()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shell.do, "start", run_id, script="echo up; sleep 30")
        until(lambda: b"up" in shell.log(run_id))
        psutil.Process(int(shell.claim(run_id)[0])).kill()

        assert shell.do("cancel", run_id, grace=1).last == ["gone", "-"]
        assert first.result().last == ["lost", "-", "3"]


def test_cancel_finds_a_script_whose_folder_was_removed(shell: Shell) -> None:
    run_id = new_id()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shell.do, "start", run_id, script="echo up; exec sleep 20")
        until(lambda: b"up" in shell.log(run_id))
        shutil.rmtree(shell.folder(run_id))

        assert shell.do("cancel", run_id, grace=1).last == ["gone", "-"]
        until(lambda: not _marked(run_id))  # what was killed takes a moment to leave
        assert first.result().last[0] in ("lost", "cancelled")


def _marked(run_id: str) -> list[int]:
    """Return the processes that know that they are of this run."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("SHIPMATE_RUN") == run_id:
                found.append(process.pid)
    return found


def test_a_host_that_was_started_anew_does_not_begin_again(shell: Shell) -> None:
    """Its claim may have gone with its power, and what the script has done may not."""
    run_id, ran = new_id(), shell.home / "ran"

    first = shell.do("start", run_id, script=f"touch {ran}", since=1e10)

    assert first.last == ["lost", "-", "0"]
    assert shell.do("start", run_id, script=f"touch {ran}").last == ["lost", "-", "0"]
    assert not ran.exists()


def test_a_host_that_was_not_begins_what_it_has_not_heard_of(shell: Shell) -> None:
    assert shell.do("start", new_id(), script="exit 3", since=1).last == ["end", "3", "0"]


def late_supervisor(shell: Shell) -> None:
    """Let supervisors come up once the file `go` is there, and time pass quickly until then."""
    setsid, sleep = shutil.which("setsid"), shutil.which("sleep")
    wait = f'while [ ! -e "$HOME/go" ] && [ -e "$HOME" ]; do {sleep} .1; done'
    instead(shell, "setsid", f'{wait}; exec {setsid} "$@"')
    instead(shell, "sleep", "exit 0")


def test_a_supervisor_that_comes_up_too_late_begins_nothing(shell: Shell) -> None:
    late_supervisor(shell)
    run_id, ran = new_id(), shell.home / "ran"

    first = shell.do("start", run_id, script=f"touch {ran}")
    (shell.home / "go").touch()
    until(lambda: not any(file.read_text() for file in shell.folder(run_id).glob("script.*")))

    assert first.last[0] == shell.do("attach", run_id).last[0] == "lost"
    assert shell.do("cancel", run_id).last == ["gone", "before", "start"]
    assert not ran.exists()


def test_a_cancel_while_the_claim_is_being_written_is_heard(shell: Shell) -> None:
    """Whoever looked at the claim a moment too early has left nothing but its mark."""
    run_id, nonce, ran = new_id(), wrapper.new_nonce(), shell.home / "ran"
    program = wrapper.program("start", nonce, run_id, script=f"touch {ran}")
    moment = b"\nbirth_of $$\n"
    assert program.count(moment) == 1

    said = shell.give(program.replace(moment, b"\ntrue >cancelled\nbirth_of $$\n"), nonce)

    assert said.last[0] == shell.do("attach", run_id).last[0] == "cancelled"
    assert shell.do("cancel", run_id).last == ["gone", "before", "start"]
    assert not ran.exists()


def test_a_claim_that_was_laid_down_since_it_was_read_is_no_loss(dash: Shell) -> None:
    instead(dash, "sleep", f'true >"$HOME/read"; exec {shutil.which("sleep")} "$@"')
    run_id, owner = new_id(), psutil.Popen(["sleep", "20"])
    folder = dash.folder(run_id)
    _claim_for(owner, folder)

    with ThreadPoolExecutor(1) as pool:
        attached = pool.submit(dash.do, "attach", run_id)
        until((dash.home / "read").exists)
        (folder / "claim").write_text("0 - - .\n")
        owner.kill()
        owner.wait()

        assert attached.result().last[0] == "cancelled"


@pytest.mark.parametrize("torn", ["r .", "r37 .", "ru7 .", "run ."])
def test_a_status_that_was_read_while_it_was_written_is_read_again(dash: Shell, torn: str) -> None:
    """A shell that reads byte by byte sees the beginning of the old one and the end of the new."""
    instead(dash, "sleep", f'true >"$HOME/read"; exec {shutil.which("sleep")} "$@"')
    run_id = new_id()
    _claim_for(psutil.Process(), dash.folder(run_id))
    (dash.folder(run_id) / "status").write_text(f"{torn}\ning         \n")

    with ThreadPoolExecutor(1) as pool:
        attached = pool.submit(dash.do, "attach", run_id)
        until((dash.home / "read").exists)
        (dash.folder(run_id) / "status").write_text("137 .\ng         \n")

        assert attached.result().last == ["end", "137", "0"]


def _claim_for(owner: psutil.Process, folder: Path) -> None:
    """Have this process claim the run, as if it were its supervisor."""
    folder.mkdir(parents=True)
    birth = Path(f"/proc/{owner.pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    (folder / "claim").write_text(f"{owner.pid} {birth} {boot} .\n")
    (folder / "log").touch()


def test_a_claim_that_is_never_whole_is_lost_and_keeps_its_owner_from_beginning(
    dash: Shell,
) -> None:
    late_supervisor(dash)
    run_id = new_id()
    dash.folder(run_id).mkdir(parents=True)
    for name in ("claim", "log"):
        (dash.folder(run_id) / name).touch()

    assert dash.do("attach", run_id).last[0] == "lost"
    assert (dash.folder(run_id) / "cancelled").exists()


def test_a_log_that_is_gone_leaves_nothing_to_be_known(dash: Shell) -> None:
    run_id = new_id()
    dash.do("start", run_id, script="echo x")
    (dash.folder(run_id) / "log").unlink()

    assert dash.do("attach", run_id).last == ["none"]


@pytest.mark.parametrize("field", [1, 2])
def test_another_process_with_the_same_number_is_not_taken_for_the_run(
    dash: Shell, field: int
) -> None:
    run_id = new_id()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(dash.do, "start", run_id, script="sleep 10")
        until((dash.folder(run_id) / "group").exists)
        claim, whole = dash.folder(run_id) / "claim", dash.claim(run_id)
        forged = [*whole]
        forged[field] = "17"
        claim.write_text(" ".join(forged) + "\n")
        (dash.folder(run_id) / "group").unlink()
        attached = dash.do("attach", run_id)
        claim.write_text(" ".join(whole) + "\n")

    assert attached.last[0] == "lost"
    assert first.result().last[0] in ("end", "lost")


def test_a_group_whose_number_was_given_again_is_not_killed(dash: Shell) -> None:
    """A cancel that goes on later must not hit a stranger that got the script's number."""
    run_id = new_id()
    dash.do("start", run_id, script="exit 0")
    stranger = subprocess.Popen(["sleep", "20"], start_new_session=True)
    (dash.folder(run_id) / "group").write_text(f"{stranger.pid} 17 .\n")
    (dash.folder(run_id) / "cancelled").touch()

    said = dash.do("cancel", run_id, grace=0)

    assert said.last == ["gone", "0"]
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_group_of_before_a_reboot_is_not_killed(dash: Shell) -> None:
    run_id = new_id()
    dash.do("start", run_id, script="exit 0")
    stranger = subprocess.Popen(["sleep", "20"], start_new_session=True)
    birth = Path(f"/proc/{stranger.pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    folder = dash.folder(run_id)
    (folder / "group").write_text(f"{stranger.pid} {birth} .\n")
    (folder / "claim").write_text(" ".join([*dash.claim(run_id)[:2], "another-boot", "."]) + "\n")
    (folder / "cancelled").touch()

    dash.do("cancel", run_id, grace=0)

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_host_that_cannot_look_does_not_say_that_nothing_is_left(shell: Shell) -> None:
    """Where no process can begin any more, as under a bomb of forks, there is no grep."""
    run_id = new_id()
    instead(shell, "grep", 'exit "$(cat "$HOME/code")"')
    (shell.home / "code").write_text("126")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shell.do, "start", run_id, script="echo up; sleep 30")
        until(lambda: b"up" in shell.log(run_id))

        assert shell.do("cancel", run_id, grace=0).last == ["left"]
        assert first.result().last[:2] == ["end", "143"]
    (shell.home / "code").write_text("1")
    assert shell.do("cancel", run_id, grace=0).last == ["gone", "143"]


def test_what_has_stopped_itself_hears_that_it_is_to_end(shell: Shell) -> None:
    run_id, script = new_id(), "trap 'exit 9' TERM; echo up; kill -STOP $$; sleep 30"
    with ThreadPoolExecutor(1) as pool:
        pool.submit(shell.do, "start", run_id, script=script)
        until(lambda: b"up" in shell.log(run_id))

        assert shell.do("cancel", run_id, grace=20).last == ["gone", "9"]


def test_a_supervisor_that_somebody_stopped_is_let_go_on_to_end(shell: Shell) -> None:
    run_id = new_id()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(shell.do, "start", run_id, script="echo up; sleep 30")
        until(lambda: b"up" in shell.log(run_id))
        psutil.Process(int(shell.claim(run_id)[0])).suspend()

        assert shell.do("cancel", run_id, grace=20).last == ["gone", "143"]


def test_a_folder_that_cannot_be_made_is_told_with_the_reason(dash: Shell) -> None:
    (dash.home / ".shipmate").write_text("in the way")

    said = dash.do("start", new_id(), script="echo no")

    assert said.last[0] == "refused"
    assert " ".join(said.last).endswith("Not a directory")
    assert said.exit == 5


def test_a_full_disk_refuses_before_anything_has_run(shell: Shell) -> None:
    run_id, nonce, ran = new_id(), wrapper.new_nonce(), shell.home / "ran"
    shell.folder(run_id).mkdir(parents=True)
    (shell.folder(run_id) / f"script.{nonce[:8]}").symlink_to("/dev/full")

    said = shell.give(wrapper.program("start", nonce, run_id, script=f"touch {ran}"), nonce)

    assert said.last[0] == "refused"
    assert "disk full?" in " ".join(said.last)
    assert not ran.exists()


def test_a_disk_that_fills_up_after_the_claim_refuses_for_ever(shell: Shell) -> None:
    run_id, ran = new_id(), shell.home / "ran"
    shell.folder(run_id).mkdir(parents=True)
    (shell.folder(run_id) / "status").symlink_to("/nowhere/status")

    first, second = (shell.do("start", run_id, script=f"touch {ran}") for _ in range(2))

    assert first.last[0] == second.last[0] == "refused"
    assert "out of inodes" in " ".join(first.last)
    assert shell.do("cancel", run_id).last == ["gone", "before", "start"]
    assert not ran.exists()


def unwritable(shell: Shell, run_id: str) -> str:
    """Write a script in whose course the disk takes nothing any more, as one set read-only."""
    status = shell.folder(run_id) / "status"
    return f"rm {status}; mkdir {status}; exit 3"


def test_how_a_script_ended_is_told_where_the_disk_takes_nothing_any_more(shell: Shell) -> None:
    run_id = new_id()

    first = shell.do("start", run_id, script=unwritable(shell, run_id))

    assert first.last[:4] == ["end", "3", "0", "cut"]
    assert "directory" in first.last  # the host's own words
    assert shell.do("attach", run_id).last == first.last
    assert shell.do("cancel", run_id).last == ["gone", "3"]


def test_how_a_script_ended_is_kept_once_the_disk_takes_it_again(shell: Shell) -> None:
    run_id = new_id()
    shell.do("start", run_id, script=unwritable(shell, run_id))
    supervisor = int(shell.claim(run_id)[0])

    (shell.folder(run_id) / "status").rmdir()

    until(lambda: not psutil.pid_exists(supervisor), 60)
    assert shell.do("attach", run_id).last == ["end", "3", "0"]


def test_a_supervisor_that_can_tell_nobody_does_not_try_for_ever(dash: Shell) -> None:
    """It has neither a disk nor a name to tell it by."""
    instead(dash, "sleep", "exit 0")
    run_id, nonce = new_id(), wrapper.new_nonce()
    program = wrapper.program("start", nonce, run_id, script=unwritable(dash, run_id))

    said = dash.give(program.replace(b"/proc/$$/comm", b"/nowhere/comm"), nonce)

    assert said.last == ["lost", "-", "0"]


def test_a_host_without_an_inode_for_the_claim_refuses(shell: Shell) -> None:
    run_id, ran = new_id(), shell.home / "ran"
    shell.folder(run_id).mkdir(parents=True)
    for name in ("claim", "refused"):
        (shell.folder(run_id) / name).symlink_to("/nowhere/file")

    said = shell.do("start", run_id, script=f"touch {ran}")

    assert said.last[0] == "refused"
    assert (shell.folder(run_id) / "refused").read_text() == ""
    assert not ran.exists()


def test_a_host_without_fractional_sleep_still_works(shell: Shell) -> None:
    instead(shell, "sleep", f'case $1 in *.*) exit 1 ;; esac\nexec {shutil.which("sleep")} "$1"')
    run_id = new_id()

    said = shell.do("start", run_id, script="echo a; exec /bin/sleep 2")

    assert said.last == ["end", "0", "2"]
    assert shell.do("attach", run_id).last == ["end", "0", "2"]
