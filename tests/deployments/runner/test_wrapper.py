"""The programs themselves, given to real shells without a network between."""

from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from deployments.exceptions import HostError
from deployments.runner import wrapper
from tests.deployments.runner.observing import new_id, until
from tests.deployments.runner.shells import WAIT, Shell

pytestmark = pytest.mark.slow


def test_output_and_code_come_back_exactly(shell: Shell) -> None:
    said = shell.do("start", new_id(), script="printf 'a\\000\\377\\r\\n'; echo b >&2; exit 37")

    assert said.output == b"a\0\xff\r\nb\n"
    assert said.control[0] == ["started"]
    assert said.last == ["end", "37", "7"]
    assert said.exit == 0


@pytest.mark.parametrize(
    "printed",
    [
        b"",
        b"\n",
        b"a",
        b" a \\ \t\n\n b",
        b"\xc3\xbc\xff\x81\n",
        b"a\0b\n",
        30 * b"line\n",
        30 * b"\0\n",
    ],
)
def test_a_little_arrives_to_the_byte(shell: Shell, printed: bytes) -> None:
    octal = "".join(f"\\{byte:03o}" for byte in printed)

    assert shell.do("start", new_id(), script=f"printf '{octal}'").output == printed


def test_any_text_of_a_script_arrives_as_it_is(shell: Shell) -> None:
    script = "cat <<'E'\nit's $HOME `id` \\ \"ü\" !\nE\n"

    assert (
        shell.do("start", new_id(), script=script).output == 'it\'s $HOME `id` \\ "ü" !\n'.encode()
    )


def test_a_script_starts_in_the_home_without_input_and_knows_its_run(shell: Shell) -> None:
    run_id = new_id()

    said = shell.do("start", run_id, script='pwd; cat; echo "$SHIPMATE_RUN"')

    assert said.output == f"{shell.home}\n{run_id}\n".encode()


def test_a_script_has_the_umask_of_the_login_and_the_files_of_its_run_do_not(shell: Shell) -> None:
    run_id, nonce = new_id(), wrapper.new_nonce()
    program = wrapper.program("start", nonce, run_id, script="umask; echo x >made")

    said = shell.give(b"umask 027\n" + program, nonce)

    assert said.output == b"0027\n"
    assert (shell.home / "made").stat().st_mode & 0o777 == 0o640
    assert {file.stat().st_mode & 0o777 for file in shell.folder(run_id).iterdir()} == {0o600}


@pytest.mark.parametrize("option", ["-e", "-f", "-u", "-C"])
def test_options_of_the_login_change_nothing(shell: Shell, option: str) -> None:
    run_id, nonce = new_id(), wrapper.new_nonce()
    program = wrapper.program("start", nonce, run_id, script="echo a; exit 3")

    said = shell.give(f"export SHELLOPTS; set {option}\n".encode() + program, nonce)

    assert said.output == b"a\n"
    assert said.last == ["end", "3", "2"]
    assert all(not file.stat().st_size for file in shell.folder(run_id).glob("script.*"))


def test_a_signal_shows_in_the_code(shell: Shell) -> None:
    assert shell.do("start", new_id(), script="kill -KILL $$").last[:2] == ["end", "137"]


def test_a_script_that_signals_its_own_group_ends_only_itself(shell: Shell) -> None:
    said = shell.do("start", new_id(), script="trap 'exit 4' TERM; kill -TERM 0; sleep 1")

    assert said.last[:2] == ["end", "4"]


def test_a_daemon_that_keeps_the_log_open_does_not_hold_up_the_end(shell: Shell) -> None:
    assert shell.do("start", new_id(), script="sleep 20 & echo x").last == ["end", "0", "2"]


def test_what_a_killed_script_has_left_at_work_is_followed_to_its_end(shell: Shell) -> None:
    run_id = new_id()

    said = shell.do("start", run_id, script="(sleep 1; echo late) & kill -KILL $$")

    assert said.output == shell.log(run_id) == b"late\n"
    assert said.last == ["end", "137", "5"]


def test_a_killed_script_does_not_wait_for_what_prints_elsewhere(shell: Shell) -> None:
    script = "sleep 20 >/dev/null 2>&1 & echo x; kill -KILL $$"

    assert shell.do("start", new_id(), script=script).last == ["end", "137", "2"]


def test_cancel_ends_what_a_killed_script_has_left(shell: Shell) -> None:
    run_id = new_id()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shell.do, "start", run_id, script="(echo up; sleep 30) & kill -KILL $$")
        until(lambda: b"up" in shell.log(run_id))

        assert shell.do("cancel", run_id, grace=1).last == ["gone", "137"]
        assert first.result().last == ["end", "137", "3"]


def test_a_second_start_attaches(shell: Shell) -> None:
    run_id, count = new_id(), shell.home / "count"
    script = f"echo x >>{count}; echo once; exit 3"

    first, second = (shell.do("start", run_id, script=script) for _ in range(2))

    assert (
        (first.output, first.last) == (second.output, second.last) == (b"once\n", ["end", "3", "5"])
    )
    assert count.read_text() == "x\n"


def test_many_starts_at_once_run_once(shell: Shell) -> None:
    run_id, count = new_id(), shell.home / "count"
    script = f"echo x >>{count}; sleep .2; echo once; exit 3"

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(lambda _: shell.do("start", run_id, script=script), range(6)))

    assert count.read_text() == "x\n"
    assert {(one.output, tuple(one.last)) for one in said} == {(b"once\n", ("end", "3", "5"))}


def test_an_attach_goes_on_from_the_offset(shell: Shell) -> None:
    run_id = new_id()
    shell.do("start", run_id, script="echo 0123456789")

    assert shell.do("attach", run_id, offset=4).output == b"456789\n"
    assert shell.do("attach", run_id, offset=11).last == ["end", "0", "11"]


def test_an_attach_never_starts(shell: Shell) -> None:
    assert shell.do("attach", new_id()).last == ["none"]


def test_a_program_cut_anywhere_runs_nothing(shell: Shell) -> None:
    ran, nonce = shell.home / "ran", wrapper.new_nonce()
    program = wrapper.program("start", nonce, new_id(), script=f"touch {ran}")

    for cut in random.Random(2).sample(range(len(program) - 2), 25):
        shell.give(program[:cut], nonce)

    assert not ran.exists()
    assert not (shell.home / ".shipmate").exists()


def test_what_a_start_up_file_leaves_open_hides_no_word(shell: Shell) -> None:
    nonce = wrapper.new_nonce()
    program = b"printf 'no end' >&2\n" + wrapper.program("cancel", nonce, new_id())

    assert shell.give(program, nonce).control == [["beat"], ["gone", "before", "start"]]


@pytest.mark.parametrize("lines", [1, 2, 5])
def test_a_program_of_which_a_start_up_file_has_read_some_runs_nothing(
    shell: Shell, lines: int
) -> None:
    ran, nonce = shell.home / "ran", wrapper.new_nonce()
    program = wrapper.program("start", nonce, new_id(), script=f"touch {ran}")

    said = shell.give(b"\n".join(program.split(b"\n")[lines:]), nonce)

    assert (said.control, said.output, ran.exists()) == ([], b"", False)
    assert not (shell.home / ".shipmate").exists()


def test_cancel_before_the_start_prevents_it(shell: Shell) -> None:
    run_id, ran = new_id(), shell.home / "ran"

    assert shell.do("cancel", run_id).last == ["gone", "before", "start"]
    assert shell.do("start", run_id, script=f"touch {ran}").last == ["cancelled"]
    assert shell.do("cancel", run_id).last == ["gone", "before", "start"]
    assert not ran.exists()


def test_a_run_half_cancelled_before_its_start_never_starts(shell: Shell) -> None:
    run_id, ran = new_id(), shell.home / "ran"
    shell.folder(run_id).mkdir(parents=True)
    (shell.folder(run_id) / "cancelled").touch()

    assert shell.do("start", run_id, script=f"touch {ran}").last[0] == "cancelled"
    assert not ran.exists()


def test_cancelling_what_has_ended_kills_nothing(shell: Shell) -> None:
    run_id = new_id()
    shell.do("start", run_id, script='(setsid sleep 20 >/dev/null 2>&1 & echo $! >"$HOME/pid")')
    service = int((shell.home / "pid").read_text())

    said = shell.do("cancel", run_id, grace=1)

    assert said.last == ["gone", "0"]
    assert psutil.Process(service).status() != psutil.STATUS_ZOMBIE
    psutil.Process(service).kill()


def test_everything_is_private_and_the_script_is_emptied(shell: Shell) -> None:
    run_id = new_id()
    shell.do("start", run_id, script="echo very secret")
    folder = shell.folder(run_id)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    until(lambda: [file.read_text() for file in folder.glob("script.*")] == [""])


def test_a_script_is_not_in_the_environment_whatever_the_login_exports(shell: Shell) -> None:
    """Nor is one too long then, as what is in there is limited."""
    shell.environment["script"] = "exported"
    script = f"# very secret {'x' * 200_000}\nenv; tr '\\0' '\\n' </proc/$$/environ"

    said = shell.do("start", new_id(), script=script)

    assert said.last[:2] == ["end", "0"]
    assert b"HOME=" in said.output
    assert b"secret" not in said.output


def test_a_loser_of_the_race_empties_its_script_too(shell: Shell) -> None:
    run_id = new_id()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: shell.do("start", run_id, script="sleep .2"), range(4)))

    until(lambda: not any(file.read_text() for file in shell.folder(run_id).glob("script.*")))


def test_what_a_starter_that_was_killed_left_of_the_script_is_emptied_at_the_end(
    shell: Shell,
) -> None:
    """It was killed between writing the script and starting what would run it."""
    folder = shell.folder(run_id := new_id())
    folder.mkdir(parents=True)
    (folder / "script.0badc0de").write_text("echo very secret")

    assert shell.do("start", run_id, script="echo very secret").last[0] == "end"
    until(lambda: not any(file.read_bytes() for file in folder.glob("script.*")))


def test_old_runs_and_uploads_go_and_new_ones_stay(shell: Shell) -> None:
    old, new = new_id(), new_id()
    for run_id in (old, new):
        shell.do("start", run_id, script="echo x")
    uploads = shell.home / ".shipmate" / "uploads"
    uploads.mkdir()
    for name in ("done", "stale", "fresh", "done.1234.partial"):
        (uploads / name).touch()
    for aged in (shell.folder(old) / "status", uploads / "stale"):
        os.utime(aged, (1, 1))

    nonce = wrapper.new_nonce()
    said = shell.give(wrapper.tidying(nonce, ["done"]), nonce)

    assert said.last == ["tidied"]
    assert not shell.folder(old).exists()
    assert shell.folder(new).exists()
    assert [file.name for file in uploads.iterdir()] == ["fresh"]


def test_a_long_run_is_not_tidied_away(dash: Shell) -> None:
    run_id = new_id()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(dash.do, "start", run_id, script="sleep 1; echo end")
        until((dash.folder(run_id) / "group").exists)
        for file in (*dash.folder(run_id).iterdir(), dash.folder(run_id)):
            os.utime(file, (1, 1))
        nonce = wrapper.new_nonce()
        dash.give(wrapper.tidying(nonce, []), nonce)

        assert dash.folder(run_id).exists()
        assert first.result().last == ["end", "0", "4"]


def test_a_run_that_nobody_followed_is_tidied_away_though_somebody_stays(shell: Shell) -> None:
    run_id, nonce = new_id(), wrapper.new_nonce()
    with shell.kept() as follower:
        follower.begin(run_id, script=f"{WAIT}; sleep 60 & echo $! >$HOME/service")
        until(lambda: len(shell.group(run_id)) == 5)
    leader = int(shell.group(run_id)[0])
    (shell.home / "go").touch()
    until(lambda: not psutil.pid_exists(leader))
    status = shell.folder(run_id) / "status"

    shell.give(wrapper.tidying(nonce, []), nonce)
    until(lambda: status.read_text().startswith("0 ."))
    os.utime(status, (1, 1))
    shell.give(wrapper.tidying(nonce, []), nonce)

    assert not shell.folder(run_id).exists()
    psutil.Process(int((shell.home / "service").read_text())).kill()


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", ".hidden", "-rf", "a\n", "$(id)"])
def test_a_name_that_is_no_plain_file_name_is_refused(name: str) -> None:
    with pytest.raises(HostError, match="cannot name a file"):
        wrapper.program("start", wrapper.new_nonce(), name)


def test_a_nul_in_a_script_is_refused() -> None:
    with pytest.raises(HostError, match="NUL"):
        wrapper.program("start", wrapper.new_nonce(), "run", script="echo a\0b")


def test_no_comment_is_sent() -> None:
    assert b"\n#" not in wrapper.program("start", wrapper.new_nonce(), "run")


def test_control_lines_are_found_among_noise_and_in_pieces() -> None:
    lines = wrapper.ControlLines("abc")

    assert lines.feed(b"motd\nabc star") == []
    assert lines.feed(b"ted\nabcd end 0 0\nabc end") == [["started"]]
    assert lines.feed(b" 1 2\n") == [["end", "1", "2"]]
    assert b"motd" in lines.noise


def test_a_control_line_is_found_behind_what_ended_no_line() -> None:
    lines = wrapper.ControlLines("abc")

    assert lines.feed(b"Password: abc gone 0\n") == [["gone", "0"]]
    assert lines.noise == b"Password: \n"


def test_a_control_line_that_comes_in_pieces_is_found_behind_a_very_long_one() -> None:
    lines = wrapper.ControlLines("abc")

    assert lines.feed(b"x" * 2 * wrapper.LONGEST_LINE + b"abc star") == []
    assert lines.feed(b"ted\n") == [["started"]]


def test_a_line_without_end_does_not_fill_memory() -> None:
    lines = wrapper.ControlLines("abc")

    for _ in range(100):
        lines.feed(b"x" * 10_000)

    assert len(lines._rest) <= wrapper.LONGEST_LINE
