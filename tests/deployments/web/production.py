"""The page of hello/production, read and used."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.servers.repositories import Repository

PAGE = "/apps/hello/production/"


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def text(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return words(answer)


def sha(repository: Repository, ref: str = "main") -> str:
    return repository.git("rev-parse", f"{ref}^{{commit}}")


def send(client: Client, **fields: str) -> Any:
    return client.post(f"{PAGE}deploy/", {"ref": "", "why": "", **fields})
