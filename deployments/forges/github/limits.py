"""How much GitHub lets each credential ask, as it said last; one file tells all processes."""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from deployments.exceptions import RepositoryAway

UNSAID = 60.0  # seconds that GitHub asks to wait where it does not say for how long
LONGEST = 3_600.0  # GitHub counts by the hour: beyond that a clock or a header is wrong
NUMBER = re.compile("[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Limits:
    """`resets_at` and `silent_until` are seconds since 1970."""

    limit: int
    remaining: int
    resets_at: float
    silent_until: float = 0.0

    @property
    def until(self) -> float:
        """Return when something may be asked again; what has passed is no hindrance."""
        return max(self.silent_until, 0.0 if self.remaining else self.resets_at)


def known(whose: str) -> Limits | None:
    """Return what GitHub said last to this credential."""
    with suppress(OSError, ValueError, TypeError):
        return Limits(**json.loads(_file(whose).read_text("utf-8")))
    return None


def require(whose: str, who: str) -> None:
    """Refuse to ask before GitHub wants to be asked again: asking on makes it last longer."""
    said = known(whose)
    if said and said.until > time.time():
        when = datetime.fromtimestamp(said.until, UTC)
        asked = f"{said.limit} requests an hour" if not said.remaining else "requests in a row"
        raise RepositoryAway(
            f"GitHub takes no more questions about {who} until {when:%H:%M:%S} UTC: its limit of"
            f" {asked} is used up.",
            until=when,
        )


def remember(whose: str, status: int, headers: Mapping[str, str], message: str = "") -> float:
    """Keep what an answer says of limits; return how many seconds it asks to wait, or 0."""
    before = known(whose)
    wait = _wait(status, headers, message)
    if "X-RateLimit-Limit" not in headers and not wait:
        return 0.0
    said = Limits(
        _number(headers, "X-RateLimit-Limit", before.limit if before else 0),
        _number(headers, "X-RateLimit-Remaining", 1),
        min(_number(headers, "X-RateLimit-Reset", 0), time.time() + LONGEST),
        time.time() + wait if wait else 0.0,
    )
    with suppress(OSError):  # who cannot keep it asks as before
        _write(_file(whose), json.dumps(asdict(said)))
    return max(wait, said.until - time.time()) if status in {403, 429} else 0.0


def _wait(status: int, headers: Mapping[str, str], message: str) -> float:
    """Return the pause of a secondary limit: a 403 or 429 that is no used-up hour.

    An hour that is over by this machine's clock is one that GitHub's still counts.
    """
    used_up = headers.get("X-RateLimit-Remaining") == "0"
    if status not in {403, 429}:
        return 0.0
    if used_up and _number(headers, "X-RateLimit-Reset", 0) > time.time():
        return 0.0
    said = headers.get("Retry-After", "")
    if NUMBER.fullmatch(said):
        return min(float(said), LONGEST)
    # A missing right is a 403, too; only GitHub's words tell one from the other.
    return UNSAID if status == 429 or "rate limit" in message.lower() else 0.0


def _number(headers: Mapping[str, str], name: str, otherwise: int) -> int:
    said = headers.get(name, "")
    return int(said) if NUMBER.fullmatch(said) else otherwise


def _file(whose: str) -> Path:
    name = sha256(whose.encode()).hexdigest()
    return Path(settings.SHIPMATE_STATE) / "github" / f"{name}.json"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, partial = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    Path(partial).replace(file)
