"""What every forge answers: the tests that `local` passes, with GitHub in its place."""

from __future__ import annotations

from types import ModuleType

import pytest

from deployments.forges.contract import Source
from deployments.forges.github.access import opened
from tests.deployments.forges import test_history, test_local, test_merging, test_sizes
from tests.servers.github.hub import TOKEN

pytestmark = pytest.mark.slow


@pytest.fixture
def source(closed: Source) -> Source:
    """The repository under the name that the suite calls it by."""
    return opened(Source(closed.location, "web"), TOKEN)


def suite(*modules: ModuleType) -> dict[str, object]:
    """Return all tests of these modules."""
    return {
        name: test
        for module in modules
        for name, test in vars(module).items()
        if name.startswith("test_")
    }


wish = test_merging.wish
globals().update(suite(test_history, test_local, test_merging, test_sizes))
