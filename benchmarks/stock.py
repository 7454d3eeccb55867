"""django-q2 as it comes, on the same database: the settings and the task of the peer."""

from __future__ import annotations

import os
import time
from pathlib import Path

from chatops.settings import *  # noqa: F403

Q_CLUSTER = {"name": "stock", "orm": "default", "workers": 4}


def note(number: int) -> None:
    """Say when it began."""
    began = time.time()
    with Path(os.environ["SHIPMATE_STATE"], "stock.txt").open("a") as file:
        file.write(f"{number} {began}\n")
