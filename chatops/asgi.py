"""The ASGI door for web servers."""

from __future__ import annotations

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatops.settings")
application = get_asgi_application()

# What is loaded now stays. Whoever looks for garbage, in the middle of a page, need not go through
# it again and again.
import_module(settings.ROOT_URLCONF)
gc.freeze()
