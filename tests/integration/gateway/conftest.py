"""A gateway with a database of its own, for as long as a test."""

from collections.abc import AsyncIterator, Callable

import pytest
from argon2 import PasswordHasher
from gateway_edge import Edge, edge

from shared.testing import TestDatabase

SECRET = "a secret of the tests"


@pytest.fixture(scope="module")
def gateway_database(module_database: Callable[[str], TestDatabase]) -> TestDatabase:
    return module_database("gateway")


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make passwords cheap to check, as only their cost is not what most tests are about."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr("gateway.use_cases.passwords._hasher", cheap)


@pytest.fixture
def gateway_settings(gateway_database: TestDatabase) -> dict[str, object]:
    return gateway_database.settings() | {"key_secret": SECRET}


@pytest.fixture
async def door(gateway_settings: dict[str, object], cheap_passwords: None) -> AsyncIterator[Edge]:
    async with edge(**gateway_settings) as running:
        yield running
