"""The ASGI door for web servers."""

from __future__ import annotations

import gc
import os
from importlib import import_module

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatops.settings")
django.setup(set_prefix=False)

# What is loaded now stays. Whoever looks for garbage, in the middle of a page, need not go through
# it again and again.
import_module(settings.ROOT_URLCONF)
bounded = import_module("chatops.bounded").Bounded(import_module("chatops.handler").Handler())
application = import_module("deployments.api.github.addresses").Discreet(bounded)
gc.freeze()
