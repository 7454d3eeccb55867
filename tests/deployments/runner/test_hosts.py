from __future__ import annotations

import pytest

from deployments.runner import keys
from deployments.runner.hosts import ChangedHostKey, Target, UnknownHostKey

OLD, NEW = keys.generate().public, keys.generate().public


def target(*host_keys: str) -> Target:
    return Target("web-1", "192.0.2.1", 22, "deploy", keys.generate().private, host_keys)


def test_an_accepted_key_passes_whatever_its_comment() -> None:
    target(" ".join([*OLD.split()[:2], "root@web-1"])).check_host_key(OLD)


def test_an_unknown_key_is_refused_with_fingerprint_and_the_way_to_accept_it() -> None:
    with pytest.raises(UnknownHostKey) as refused:
        target().check_host_key(OLD)

    assert refused.value.code == "host_key"
    assert refused.value.key_line == OLD
    assert keys.fingerprint(OLD) in str(refused.value)
    assert "a maintainer accepts it on the host's settings page" in str(refused.value)
    assert "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" in str(refused.value)


def test_a_changed_key_is_refused_louder_with_both_fingerprints() -> None:
    with pytest.raises(ChangedHostKey) as refused:
        target(OLD).check_host_key(NEW)

    assert refused.value.code == "host_key"
    assert "THE HOST KEY OF web-1 HAS CHANGED" in str(refused.value)
    assert keys.fingerprint(OLD) in str(refused.value)
    assert keys.fingerprint(NEW) in str(refused.value)


def test_the_private_key_never_shows_in_a_repr() -> None:
    assert "PRIVATE" not in repr(target())
