"""The signature is GitHub's: its documented example, and what its own library makes and checks."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from deployments.webhooks.github import signature

ROOT = Path(__file__).resolve().parents[4]
LIBRARY = ROOT / "tests" / "vendor" / "octokit-webhooks-methods.mjs"
# https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
SECRET, BODY = "It's a Secret to Everybody", b"Hello, World!"
DOCUMENTED = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
BODIES = ["{}", '{"ref": "refs/heads/ümläut"}', "payload=%7B%7D", "x" * 70_000]


def test_it_is_the_documented_one() -> None:
    assert signature.made(SECRET, BODY) == DOCUMENTED
    assert signature.is_right(SECRET, BODY, DOCUMENTED)
    assert signature.is_right(SECRET, BODY, DOCUMENTED.upper())


@pytest.mark.parametrize(
    ("secret", "body", "given"),
    [
        ("another secret", BODY, DOCUMENTED),
        (SECRET, b"Hello, World?", DOCUMENTED),
        (SECRET, BODY, DOCUMENTED[:-1] + "8"),
        (SECRET, BODY, ""),
    ],
)
def test_another_is_not_right(secret: str, body: bytes, given: str) -> None:
    assert not signature.is_right(secret, body, given)


@pytest.mark.parametrize(
    "given", ["", "sha256=", "sha1=" + "a" * 40, DOCUMENTED + "0", f" {DOCUMENTED}", "sha256=ü" * 9]
)
def test_what_has_not_its_form_is_none(given: str) -> None:
    assert signature.is_one(DOCUMENTED)
    assert not signature.is_one(given)


def test_githubs_own_library_agrees() -> None:
    asked = [{"secret": SECRET, "body": body, "given": signature.made(SECRET, body.encode())}
             for body in BODIES]  # fmt: skip

    answers = octokit(asked)

    assert [answer["verified"] for answer in answers] == [True] * len(BODIES)
    for body, answer in zip(BODIES, answers, strict=True):
        assert signature.is_right(SECRET, body.encode(), str(answer["signed"]))


def test_githubs_own_library_refuses_what_we_refuse() -> None:
    wrong = [{"secret": "another", "body": BODIES[0], "given": signature.made(SECRET, b"{}")}]

    assert octokit(wrong)[0]["verified"] is False


def octokit(asked: list[dict[str, str]]) -> list[dict[str, object]]:
    """Have @octokit/webhooks-methods sign and verify, in a process of Node's."""
    code = (
        f"import {{ sign, verify }} from {json.dumps(LIBRARY.as_uri())};"
        "let text = ''; for await (const part of process.stdin) text += part;"
        "const asked = JSON.parse(text);"
        "console.log(JSON.stringify(await Promise.all(asked.map(async ({secret, body, given}) =>"
        " ({signed: await sign(secret, body), verified: await verify(secret, body, given)})))))"
    )
    done = subprocess.run(
        [ROOT / ".venv" / "bin" / "node", "--input-type=module", "-e", code],
        input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    answers: list[dict[str, object]] = json.loads(done.stdout)
    return answers
