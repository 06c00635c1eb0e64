"""One running Ronde for all end-to-end tests that do not break it."""

from collections.abc import Iterator

import pytest
from system import System, new_system


@pytest.fixture(scope="session")
def ronde() -> Iterator[System]:
    """Give a running Ronde in demo mode."""
    with new_system() as system:
        yield system
