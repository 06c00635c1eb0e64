"""Schemas and code beside each other, as in a rollout."""

import pytest

from shared.migrate import is_behind, newest


@pytest.mark.parametrize("service", ["inspections", "scoring", "routing"])
def test_code_waits_for_its_schema_and_goes_on_beside_a_later_one(service: str) -> None:
    assert is_behind(service, "")
    assert not is_behind(service, newest(service))
    assert not is_behind(service, "9999_of_the_next_release")


def test_a_database_at_an_earlier_revision_is_behind() -> None:
    assert newest("scoring") != "0001"
    assert is_behind("scoring", "0001")
