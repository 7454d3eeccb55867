"""The WSGI door for web servers."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from deployments.api.github.addresses import DiscreetWsgi

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatops.settings")
application = DiscreetWsgi(get_wsgi_application())
