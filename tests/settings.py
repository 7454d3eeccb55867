"""The product's settings, with a scratch state folder, quick passwords and a database file."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("SHIPMATE_STATE", tempfile.mkdtemp(prefix="shipmate-tests-"))

from chatops.settings import *  # noqa: F403
from chatops.settings import DATABASES, STATE, STORAGES

(STATE / "static").mkdir(parents=True, exist_ok=True)
atexit.register(shutil.rmtree, STATE, ignore_errors=True)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
SHIPMATE_REPOSITORY_ROOTS = [Path(tempfile.gettempdir()).resolve()]
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    # A file, because processes and threads share it, as in the product.
    DATABASES["default"]["TEST"] = {"NAME": str(STATE / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    )
