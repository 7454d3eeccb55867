"""The product's settings, with a scratch state folder, quick passwords and a database file."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "SHIPMATE_STATE" not in os.environ:
    os.environ["SHIPMATE_STATE"] = tempfile.mkdtemp(prefix="shipmate-tests-")
    # By whoever made it alone: the processes that tests start use it too.
    atexit.register(shutil.rmtree, os.environ["SHIPMATE_STATE"], ignore_errors=True)

from chatops.settings import *  # noqa: F403
from chatops.settings import DATABASES, STATE, STORAGES

(STATE / "static").mkdir(parents=True, exist_ok=True)

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
