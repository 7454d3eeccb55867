"""A question to GitHub, and what an answer is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.servers.github.hub import GitHub, Json, Kept


@dataclass
class Asked:
    """One question. `app`: it is the App itself that asks."""

    hub: GitHub
    name: str
    parts: dict[str, str]
    body: Json
    token: str

    @property
    def kept(self) -> Kept:
        return self.hub.repositories[self.name]

    def sha(self, ref: str) -> str:
        try:
            return self.kept.git.git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        except AssertionError:
            raise Refused(422, f"No commit found for SHA: {ref}") from None


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        url = "https://docs.github.com/rest"
        self.status = status
        self.answer = {"message": message, "documentation_url": url, **more}


Answer = tuple[int, Any]
Question = Callable[[Asked], Answer]
