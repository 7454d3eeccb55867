"""Scripts: each asks with a token of somebody's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings

from chatops import settings as product
from deployments.models import Person
from deployments.services import tokens
from tests.deployments import build


class Script:
    """Asks as a person, by a token that may all its person may, or less."""

    def __init__(self, person: Person, **limits: Any) -> None:
        self.token, self.text = tokens.make(person, "ci", by=build.maker(), **limits)
        self.client = Client(headers={"Authorization": f"Bearer {self.text}"})

    def get(self, url: str, **query: Any) -> Any:
        return self.client.get(f"/api/{url}", query)

    def post(self, url: str, body: object = None, key: str = "") -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        sent = {} if body is None else body
        return self.client.post(
            f"/api/{url}", sent, content_type="application/json", headers=headers
        )


MakeScript = Callable[..., Script]


@pytest.fixture
def script() -> MakeScript:
    return Script


@pytest.fixture
def ci(alice: Person) -> Script:
    """A script of alice's that may all she may."""
    return Script(alice)


@pytest.fixture
def throttled(transactional_db: None) -> Iterator[None]:
    """The table that throttles of all processes count in, which a server makes as it starts."""
    with override_settings(CACHES=product.CACHES):
        call_command("createcachetable", verbosity=0)
        yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE shipmate_cache")
