"""Fixtures for all tests."""

import gc
from collections.abc import Iterator

import pytest
from greenlet_lines import greenlets_left_out

pytest_plugins = ["shared.testing"]


def pytest_collection_finish() -> None:
    """Keep what is loaded out of garbage collection, which took most of the time of the tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def without_greenlets() -> Iterator[None]:
    """Leave greenlets out of what coverage measures, which takes a third less time."""
    with greenlets_left_out():
        yield
