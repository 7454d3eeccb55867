from __future__ import annotations

import re
import shutil

import pytest

from deployments.exceptions import ForgeError, Invalid, RepositoryAway
from deployments.forges.contract import Source
from deployments.forges.local import LocalForge
from deployments.forges.mirrors import place
from tests.servers.repositories import Repository


def test_nothing_said_means_the_default_branch(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit(branch="trunk")
    repository.commit(branch="other")
    repository.git("symbolic-ref", "HEAD", "refs/heads/trunk")

    found = forge.resolve(source)

    assert (found.sha, found.ref, found.kind) == (sha, "trunk", "branch")


def test_without_a_head_main_is_the_default(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit()
    repository.commit(branch="aaa")
    repository.git("symbolic-ref", "HEAD", "refs/heads/never")

    assert forge.resolve(source).sha == sha


def test_a_repository_without_commits_says_so(forge: LocalForge, source: Source) -> None:
    with pytest.raises(ForgeError, match="no default branch yet"):
        forge.resolve(source)


def test_a_branch_with_slashes_is_found(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit(branch="feature/a/b")

    assert forge.resolve(source, "feature/a/b").sha == sha


def test_an_annotated_tag_is_its_commit(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit()
    repository.tag("v1", sha, "First")
    repository.tag("v1-again", "v1", "A tag of a tag")

    found = forge.resolve(source, "v1-again")

    assert (found.sha, found.kind) == (sha, "tag")


def test_a_tag_of_a_tree_is_refused(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    repository.tag("files", f"{repository.commit()}^{{tree}}", "Only files")

    with pytest.raises(ForgeError, match="files is no commit but a tag"):
        forge.resolve(source, "files")


def test_forty_digits_are_a_commit(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit()

    found = forge.resolve(source, sha.upper())

    assert (found.sha, found.ref, found.kind) == (sha, sha, "commit")


def test_a_commit_that_is_nowhere_is_refused(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    repository.commit()

    with pytest.raises(ForgeError, match=r"no commit 1{40} on any branch or tag"):
        forge.resolve(source, "1" * 40)


def test_forty_digits_of_a_tree_are_refused(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    repository.commit({"a": "a"})
    tree = repository.git("rev-parse", "main^{tree}")

    with pytest.raises(ForgeError, match="no commit"):
        forge.resolve(source, tree)


def test_a_short_sha_is_a_commit(forge: LocalForge, repository: Repository, source: Source) -> None:
    sha = repository.commit()

    assert forge.resolve(source, sha[:7]).sha == sha


def test_a_branch_named_like_another_commit_is_refused_with_both(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    meant = repository.commit()
    other = repository.commit(branch=meant[:7])

    with pytest.raises(ForgeError) as refusal:
        forge.resolve(source, meant[:7])

    assert f"commit {meant}" in str(refusal.value)
    assert f"branch {meant[:7]} at {other[:12]}" in str(refusal.value)


def test_a_tag_like_a_branch_is_refused_even_where_both_are_one_commit(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit(branch="release")
    repository.tag("release", sha)

    with pytest.raises(ForgeError, match=r"2 things in web: branch release .* tag release"):
        forge.resolve(source, "release")


@pytest.mark.parametrize(("ref", "kind"), [("refs/heads/x", "branch"), ("refs/tags/x", "tag")])
def test_a_full_name_says_which(
    forge: LocalForge, repository: Repository, source: Source, ref: str, kind: str
) -> None:
    repository.tag("x", repository.commit())
    repository.commit(branch="x")

    found = forge.resolve(source, ref)

    assert (found.sha, found.ref, found.kind) == (repository.git("rev-parse", ref), "x", kind)


def test_a_short_id_of_a_folder_is_no_commit(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    repository.commit({"a": "a"})
    tree = repository.git("rev-parse", "main^{tree}")

    with pytest.raises(ForgeError, match="no branch, tag or commit"):
        forge.resolve(source, tree[:12])


def test_an_ambiguous_short_sha_lists_the_commits(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    shas = [repository.commit() for _ in range(3)]
    while len({sha[:4] for sha in shas}) == len(shas):
        stream = "".join(
            f"commit refs/heads/main\ncommitter A <a> {len(shas) + n} +0000\ndata 0\n\n"
            for n in range(200)
        )
        repository.git("fast-import", "--quiet", "--force", feed=stream.encode())
        shas += repository.git("log", "--max-count=200", "--format=%H").split()
    prefix = next(sha[:4] for sha in shas if sum(sha[:4] == each[:4] for each in shas) > 1)

    with pytest.raises(ForgeError, match=rf"commit {prefix}.*commit {prefix}"):
        forge.resolve(source, prefix)


def test_an_unknown_name_gets_the_nearest_ones(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit()
    for name in ("release-1.2", "release-1.3", "unrelated"):
        repository.branch(name, sha)

    with pytest.raises(ForgeError, match=r"“relase-1\.3”\. Near it: release-1\.3, release-1\.2\."):
        forge.resolve(source, "relase-1.3")


@pytest.mark.parametrize(
    "ref",
    ["-x", "--upload-pack=id", "..", "a..b", "main~1", "main^", "main:a", "@{u}", "@", "a b",
     "a\nb", "main\n", "\x00", "é\udcff", "x" * 300, "a.lock", "a//b", ".a", "a/.b", "a/", "/a",
     "", "a\u202eb", "a*"],
)  # fmt: skip
def test_what_git_has_no_name_for_never_reaches_git(
    forge: LocalForge, source: Source, ref: str
) -> None:
    with pytest.raises(Invalid):
        forge.resolve(source, ref)

    assert not place(source).exists()


@pytest.mark.parametrize("ref", ["a;b", "$(id)", "`id`", "a&b", "a|b", "HEAD", "refs/shipmate/x"])
def test_names_that_only_look_dangerous_are_just_unknown(
    forge: LocalForge, repository: Repository, source: Source, ref: str
) -> None:
    repository.commit()

    with pytest.raises(ForgeError, match=f"no branch, tag or commit “{re.escape(ref)}”"):
        forge.resolve(source, ref)


def test_a_branch_called_like_a_command_is_a_branch(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit(branch="$(touch${IFS}x);a")

    assert forge.resolve(source, "$(touch${IFS}x);a").sha == sha


def test_a_moved_branch_is_never_resolved_from_the_mirror(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    repository.commit()
    forge.resolve(source, "main")
    new = repository.commit()

    assert forge.resolve(source, "main").sha == new


def test_a_repository_that_is_away_answers_no_name(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    repository.commit()
    forge.resolve(source, "main")
    shutil.rmtree(repository.path)

    with pytest.raises(RepositoryAway, match=r"There is no folder|cannot be reached"):
        forge.resolve(source, "main")
    with pytest.raises(RepositoryAway):
        forge.refs(source)


def test_a_repository_that_is_away_still_tells_what_was_seen(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    first, second = repository.commit({"a": "1"}), repository.commit({"a": "2"})
    forge.mirror(source, second)
    shutil.rmtree(repository.path)

    assert forge.resolve(source, first).sha == first
    assert forge.between(source, first, second).ahead == 1
    assert forge.diff(source, first, second).additions == 1
    assert [commit.sha for commit in forge.commits(source, second)] == [second, first]
    assert forge.refs(source, fresh=False).branches[0].sha == second


def test_a_repository_never_seen_has_no_last_state(forge: LocalForge, source: Source) -> None:
    with pytest.raises(RepositoryAway, match="has never seen web"):
        forge.refs(source, fresh=False)


def test_refs_are_listed_newest_first_with_their_commits(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    old = repository.commit()
    new = repository.commit(branch="next", parent=old)
    repository.tag("v1", old)

    refs = forge.refs(source)

    assert refs.default == "main"
    assert [(ref.name, ref.sha) for ref in refs.branches] == [("next", new), ("main", old)]
    assert [(ref.name, ref.sha) for ref in refs.tags] == [("v1", old)]


def test_a_tag_of_a_tree_is_not_listed(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    repository.tag("files", f"{repository.commit()}^{{tree}}")

    assert forge.refs(source).tags == ()


def test_notes_are_read_at_the_commit(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit({".gitattributes": "tests/ export-ignore\n"})

    assert forge.notes(source, sha).export_ignore == ("tests/",)


def test_what_was_compared_once_takes_no_git(
    forge: LocalForge,
    repository: Repository,
    source: Source,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base, head = repository.commit(), repository.commit()
    found = forge.between(source, base, head)
    monkeypatch.setenv("PATH", "/nowhere")

    assert forge.between(source, base, head) == found
    assert found.ahead == 1


def test_names_as_last_seen_take_no_git_until_they_are_asked_for_anew(
    forge: LocalForge,
    repository: Repository,
    source: Source,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository.commit()
    seen = forge.refs(source)
    with monkeypatch.context() as without_git:
        without_git.setenv("PATH", "/nowhere")
        assert forge.refs(source, fresh=False) == seen

    repository.commit(branch="other")
    forge.refs(source)

    assert "other" in [ref.name for ref in forge.refs(source, fresh=False).branches]
