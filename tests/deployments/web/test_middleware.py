"""What stands around every page."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string


def test_the_innermost_keeps_all_around_it_in_one_thread() -> None:
    """Else each page goes to a thread and back twice for each of them."""
    innermost = import_string(settings.MIDDLEWARE[-1])

    assert innermost.sync_capable and not innermost.async_capable
