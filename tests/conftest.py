"""Fixtures for all tests."""

import gc

pytest_plugins = ["shared.testing"]


def pytest_collection_finish() -> None:
    """Keep what is loaded out of garbage collection, which took most of the time of the tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
