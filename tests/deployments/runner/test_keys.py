from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deployments.exceptions import Invalid
from deployments.runner import keys


def ssh_keygen(tmp_path: Path, *options: str) -> tuple[str, str]:
    """Return private and public text as OpenSSH itself makes them."""
    file = tmp_path / "key"
    command = ["ssh-keygen", "-q", "-f", str(file), "-C", "alice", *options]
    subprocess.run(command, check=True)
    return file.read_text(), (tmp_path / "key.pub").read_text().strip()


def test_a_generated_pair_is_ed25519_and_says_for_whom_it_is() -> None:
    pair = keys.generate("shipmate@example.org")

    assert pair.public.startswith("ssh-ed25519 AAAA")
    assert pair.public.endswith(" shipmate@example.org")
    assert pair.private.startswith("-----BEGIN OPENSSH PRIVATE KEY-----")


def test_the_private_half_never_shows_in_a_repr() -> None:
    assert "PRIVATE" not in repr(keys.generate())


def test_a_comment_cannot_add_a_line_to_authorized_keys() -> None:
    assert "\n" not in keys.generate("mate\nssh-rsa AAAA").public


@pytest.mark.parametrize(
    "options",
    [
        ["-t", "ed25519", "-N", ""],
        ["-t", "ecdsa", "-N", ""],
        ["-t", "rsa", "-b", "2048", "-N", ""],
        ["-t", "rsa", "-b", "2048", "-N", "", "-m", "PEM"],
    ],
)
def test_keys_of_ssh_keygen_are_read(tmp_path: Path, options: list[str]) -> None:
    private, public = ssh_keygen(tmp_path, *options)

    pair = keys.read(private, comment="alice")

    assert pair.public == public
    assert keys.signing_key(private).get_base64() == public.split()[1]


def test_the_fingerprint_is_the_one_that_ssh_keygen_shows(tmp_path: Path) -> None:
    _, public = ssh_keygen(tmp_path, "-t", "ed25519", "-N", "")
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-f", tmp_path / "key.pub"], capture_output=True, text=True, check=True
    )

    assert keys.fingerprint(public) in shown.stdout


def test_a_key_pasted_from_windows_is_read(tmp_path: Path) -> None:
    private, public = ssh_keygen(tmp_path, "-t", "ed25519", "-N", "")

    assert keys.read(private.replace("\n", "\r\n").strip(), "alice").public == public


@pytest.mark.parametrize("form", ["RFC4716", "PEM"])
def test_a_passphrase_is_refused_with_the_way_out(tmp_path: Path, form: str) -> None:
    private, _ = ssh_keygen(tmp_path, "-t", "rsa", "-b", "2048", "-N", "secret", "-m", form)

    with pytest.raises(Invalid, match=r"passphrase.*ssh-keygen -t ed25519 -N ''"):
        keys.read(private)


def test_a_small_rsa_key_is_refused(tmp_path: Path) -> None:
    private, _ = ssh_keygen(tmp_path, "-t", "rsa", "-b", "1024", "-N", "")

    with pytest.raises(Invalid, match="1024 bits"):
        keys.read(private)


def test_the_public_half_is_refused_as_such() -> None:
    with pytest.raises(Invalid, match="public half"):
        keys.read(keys.generate().public)


@pytest.mark.parametrize("text", ["", "hello", "-----BEGIN OPENSSH PRIVATE KEY-----\nno\n"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="not a private key"):
        keys.read(text)


@pytest.mark.parametrize("line", ["", "ssh-ed25519", "ssh-ed25519 not!base64"])
def test_what_is_no_public_key_has_no_fingerprint(line: str) -> None:
    with pytest.raises(Invalid, match="not a public key"):
        keys.fingerprint(line)
