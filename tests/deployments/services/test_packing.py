"""What a host has after a delta is what it would have after a transfer of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployments.runner.connection import Connection
from tests.deployments.services.packing import Trees, facts, times, unpack
from tests.servers import sshd as servers
from tests.servers.repositories import Content, Link, Program, Repository, Submodule
from tests.servers.sshd import Sshd

pytestmark = [pytest.mark.sshd]

PARTS = [
    "a",
    "b",
    "-rf",
    "new\nline",
    'it\'s "q"',
    "back\\slash",
    " sp ",
    "ünï",
    "*",
    "cr\r",
    "$(id)",
]
NAMES = st.lists(st.sampled_from(PARTS), min_size=1, max_size=3).map("/".join)
CONTENTS: st.SearchStrategy[Content] = st.one_of(
    st.sampled_from(["", "one\n", b"\xff\0", "x" * 600]),
    st.sampled_from([Program(b"#!/bin/sh\n"), Program(b""), Link(b"a"), Link(b"no/where" * 20)]),
    st.sampled_from([Submodule(), Submodule("2" * 40)]),
)
Files = dict[str, Content]
_numbers = count()


def possible(files: Files) -> Files:
    """Leave out what lies below something that is no folder."""
    return {
        name: content
        for name, content in files.items()
        if not any(name.startswith(f"{other}/") for other in files)
    }


TREES = st.dictionaries(NAMES, CONTENTS, max_size=8).map(possible)


@pytest.fixture(scope="module", params=["dash", "busybox"])
def small_host(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sshd]:
    """A host with dash and the GNU tools, then one with nothing but busybox."""
    folder = tmp_path_factory.mktemp("host")
    if request.param == "busybox":
        path = servers.only_busybox(folder / "bin")
    else:
        path = servers.shell_first(folder / "bin", "dash")
    with servers.running(folder / "web-1", path=path) as running:
        yield running


@pytest.fixture
def trees(small_host: Sshd, tmp_path: Path) -> Iterator[Trees]:
    made = Trees(small_host, Repository(tmp_path / "app.git").path)
    yield made
    made.clear()


@pytest.fixture
def connection(small_host: Sshd) -> Iterator[Connection]:
    with Connection.open(small_host.target()) as opened:
        yield opened


@pytest.mark.slow
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(TREES, min_size=2, max_size=4))
def test_a_tree_made_of_another_is_the_tree_of_its_commit(
    trees: Trees, connection: Connection, tmp_path: Path, history: list[Files]
) -> None:
    repository = Repository(trees.mirror)
    shas = [repository.commit(files, branch=f"b{next(_numbers)}") for files in history]
    trees.clear()
    trees.begin(shas[0])

    for base, sha in pairwise(shas):
        before = facts(trees.of(base)), times(trees.of(base))
        outcome = trees.bring(connection, sha)
        wanted = unpack(trees.mirror, sha, tmp_path / f"{next(_numbers)}")
        assert outcome.detail
        assert facts(trees.of(sha)) == facts(wanted)
        assert (facts(trees.of(base)), times(trees.of(base))) == before
    assert trees.uploads == []
