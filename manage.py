#!/usr/bin/env python
"""Django's command-line door."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import cast

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        cast(TextIOWrapper, stream).reconfigure(errors="replace")  # whatever the terminal can show
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatops.settings")
    execute_from_command_line(sys.argv)
