"""script/demo --once: the main job without a browser, with the demo's things and with yours."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from tests.servers import checkout, sshd
from tests.servers.repositories import Content, Link, Program, Repository
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.slow
ODD: dict[str | bytes, Content] = {
    "plain": "plain\n",
    "two words": "\n",
    "a'quote": "'",
    'a "double"': '"',
    "$(touch pwned) `id`": "$HOME",
    "-rf": "--",
    "back\\slash": "\\",
    "line\nbreak": "",
    "tab\there": "\t",
    "ünï/cödé/☃": "☃\n",
    b"not-utf8-\xff\xfe": b"\x00\xff",
    "bin/run": Program(b"#!/bin/sh\n"),
    "deep/er/still": "x",
    "link": Link(b"two words"),
    "dangling": Link(b"no where"),
    " leading": "1",
    "trailing ": "2",
    "*": "star",
    "con?[a]": "glob",
    "empty": "",
}


@dataclass(frozen=True)
class Yours:
    """A repository and hosts of somebody's own, as the command line names them."""

    repository: str
    hosts: str
    key: Path
    host_keys: Path | None
    ref: str = ""

    def arguments(self) -> list[str]:
        given = ["--repository", self.repository, "--hosts", self.hosts, "--key", str(self.key)]
        given += ["--host-keys", str(self.host_keys)] if self.host_keys else []
        return ["--once", *given, *(["--ref", self.ref] if self.ref else [])]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkout.copy(tmp_path_factory.mktemp("once") / "somebody's copy")


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Sshd]]:
    """Three sshd of Debian's that share one account and one home."""
    folder = tmp_path_factory.mktemp("hosts")
    made = [Sshd(folder / f"host-{number}") for number in (1, 2, 3)]
    for host in made[1:]:
        host.home.rmdir()
        host.home.symlink_to(made[0].home)
        (host.folder / "authorized_keys").write_text(made[0].login.public + "\n")
    for host in made:
        host.start()
    yield made
    for host in made:
        host.kill()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A history of 5,000 commits whose newest has odd names."""
    made = Repository(tmp_path_factory.mktemp("code") / "a repo's place.git")
    made.git("fast-import", "--quiet", feed=b"".join(map(_commit, range(5_000))))
    made.tag("v1", made.commit(ODD, "Add odd names"))
    made.commit({"plain": "newer\n"}, "Change one")
    return made


def _commit(number: int) -> bytes:
    text = b"%d\n" % number
    return (
        b"commit refs/heads/main\ncommitter Alice <alice@example.org> %d +0000\n"
        b"data %d\n%s\nM 100644 inline numbers/%d.txt\ndata %d\n%s\n"
    ) % (1_600_000_000 + number, len(text), text, number % 100, len(text), text)


@pytest.fixture
def yours(repository: Repository, hosts: list[Sshd], tmp_path: Path) -> Yours:
    key, known = tmp_path / "a key", tmp_path / "known hosts"
    key.write_text(hosts[0].login.private)
    known.write_text("".join(f"[127.0.0.1]:{host.port} {host.host_key}\n" for host in hosts))
    logins = ",".join(f"{getpass.getuser()}@127.0.0.1:{host.port}" for host in hosts)
    return Yours(str(repository.path), logins, key, known)


def once(
    place: Path,
    *arguments: str,
    here: Path | None = None,
    more: dict[str, str] | None = None,
) -> tuple[int, str]:
    """Run it; whatever came of it, nothing of it goes on."""
    code, said = checkout.run(place / "script/demo", *arguments, here=here, more=more)
    assert [p for p in psutil.process_iter() if checkout.is_of(p, place)] == []
    assert "Traceback" not in said
    return code, said


def test_the_main_job_works_on_embedded_defaults(place: Path, tmp_path: Path) -> None:
    code, said = once(place, "--once", here=tmp_path)

    assert code == 0, said
    assert "First remote output after" in said
    assert said.count("REVISION and every file are those of the commit") == 3


def test_neither_a_proxy_nor_a_plain_terminal_is_in_the_way(place: Path) -> None:
    proxy = dict.fromkeys(("http_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    plain = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    code, said = once(place, "--once", "--reset", more=proxy | plain)

    assert code == 0, said
    assert (place / ".state/demo").stat().st_mode & 0o777 == 0o700


@pytest.mark.sshd
def test_5000_commits_and_odd_names_arrive_on_three_hosts_of_yours(
    place: Path, yours: Yours
) -> None:
    code, said = once(place, *replace(yours, ref="v1").arguments())

    assert code == 0, said
    assert said.count("REVISION and every file are those of the commit") == 3


@pytest.mark.sshd
def test_a_file_address_and_host_keys_that_are_shown_do_too(
    place: Path, yours: Yours, repository: Repository
) -> None:
    given = replace(yours, repository=f"file://{repository.path}", host_keys=None)

    code, said = once(place, *given.arguments())

    assert code == 0, said
    assert said.count("accepting the host key of 127.0.0.1:") == 3


@pytest.mark.sshd
def test_paths_count_from_where_one_stands(
    place: Path, yours: Yours, repository: Repository
) -> None:
    given = replace(yours, repository=repository.path.name, ref="nowhere")

    code, said = once(place, *given.arguments(), here=repository.path.parent)

    assert code == 1
    assert "FAILED: a repo's place has no branch, tag or commit “nowhere”." in said


WRONG = {
    "https://127.0.0.1:9/x.git": "127.0.0.1",
    "nothing here": "no folder",
    "ftp://example.org/x": "does not use this kind of address",
}


@pytest.mark.sshd
@pytest.mark.parametrize("location", WRONG)
def test_a_repository_that_cannot_be_read_is_said_at_once(
    place: Path, yours: Yours, location: str
) -> None:
    code, said = once(place, *replace(yours, repository=location).arguments())

    assert code == 1
    assert WRONG[location] in said.partition("FAILED: ")[2]


@pytest.mark.sshd
def test_start_up_files_that_print_do_not_matter(
    place: Path, yours: Yours, hosts: list[Sshd]
) -> None:
    noisy = hosts[0].home / ".bashrc"
    noisy.write_text("echo noise; echo more >&2; printf 'no end of line'\n")

    code, said = once(place, *yours.arguments())
    noisy.unlink()

    assert code == 0, said
    assert said.count("REVISION and every file are those of the commit") == 3


@pytest.mark.sshd
def test_a_host_that_lacks_something_is_said_before_anything_is_done(
    place: Path, yours: Yours, tmp_path: Path
) -> None:
    path = sshd.only_busybox(tmp_path / "bin")
    (tmp_path / "bin" / "tar").unlink()
    with sshd.running(tmp_path / "bare", path=path) as host:
        yours.key.write_text(host.login.private)
        login = f"{getpass.getuser()}@127.0.0.1:{host.port}"
        given = replace(yours, hosts=login, host_keys=None)

        code, said = once(place, *given.arguments())

    assert code == 1
    assert "FAILED: host-1 lacks tar: install it there." in said


@pytest.mark.sshd
def test_a_repository_without_commits_is_said(place: Path, yours: Yours, tmp_path: Path) -> None:
    empty = Repository(tmp_path / "empty.git")

    code, said = once(place, *replace(yours, repository=str(empty.path)).arguments())

    assert code == 1
    assert "push a commit to it" in said.partition("FAILED: ")[2]


@pytest.mark.sshd
def test_another_key_is_refused_in_words(place: Path, yours: Yours, tmp_path: Path) -> None:
    other = sshd.ssh_keygen(tmp_path / "other", "ed25519")
    yours.key.write_text(other.private)

    code, said = once(place, *yours.arguments())

    assert code == 1
    assert "host-1" in said.partition("FAILED: ")[2]


@pytest.mark.sshd
def test_a_key_with_a_passphrase_is_refused_in_words(place: Path, yours: Yours) -> None:
    key = yours.key.with_name("locked")
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", str(key)]
    psutil.Popen(command).wait()

    code, said = once(place, *replace(yours, key=key).arguments())

    assert code == 1
    assert "passphrase" in said


@pytest.mark.sshd
def test_another_host_key_is_refused_loudly(place: Path, yours: Yours) -> None:
    assert yours.host_keys is not None
    lines = yours.host_keys.read_text().splitlines()
    first, second = lines[0].split(" ", 1), lines[1].split(" ", 1)
    yours.host_keys.write_text("\n".join([f"{first[0]} {second[1]}", *lines[1:]]) + "\n")

    code, said = once(place, *yours.arguments())

    assert code == 1
    assert "HOST KEY OF host-1" in said


@pytest.mark.sshd
def test_a_host_without_a_key_in_the_file_is_named(place: Path, yours: Yours) -> None:
    assert yours.host_keys is not None
    yours.host_keys.write_text("")

    code, said = once(place, *yours.arguments())

    assert code == 1
    assert "has no key for [127.0.0.1]:" in said


@pytest.mark.sshd
def test_files_that_are_missing_are_named(place: Path, yours: Yours, tmp_path: Path) -> None:
    given = replace(yours, key=Path("no-such-key"))

    code, said = once(place, *given.arguments(), here=tmp_path)

    assert code == 1
    assert f"FAILED: {tmp_path / 'no-such-key'}: No such file or directory" in said


@pytest.mark.parametrize(
    "arguments",
    [["--repository", "/x"], ["--once", "--hosts", "a@b:22"], ["--ref", "x"], ["--port", "70000"],
     ["--once", "--repository", "x", "--key", "x", "--hosts", "web-1"],
     ["--once", "--repository", "x", "--key", "x", "--hosts", ","],
     ["--once", "--repository", "x", "--key", "x", "--hosts", "a@b:22,a@b:22"]],
)  # fmt: skip
def test_options_that_do_not_go_together_are_refused(place: Path, arguments: list[str]) -> None:
    code, said = once(place, *arguments)

    assert code == 2
    assert "script/demo: error: " in said
