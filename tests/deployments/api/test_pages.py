"""What is below /api/ for people: the description and the client, without a token."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from django.test import Client


def test_the_client_is_downloaded_from_the_server(db: None, tmp_path: Path) -> None:
    answer = Client().get("/api/shipmate")
    kept = tmp_path / "shipmate"
    kept.write_bytes(answer.getvalue())
    kept.chmod(0o755)

    said = subprocess.run([kept, "--help"], capture_output=True, text=True, check=True,
                          env={"PATH": os.environ["PATH"]})  # fmt: skip

    assert "shipmate deploy web --to qa --wait" in said.stdout


def test_the_description_is_for_everybody(db: None) -> None:
    answer = Client().get("/api/schema/")

    assert answer.json()["info"]["title"] == "Shipmate"
