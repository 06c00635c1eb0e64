"""Schemas and code beside each other, as in a rollout."""

from importlib import import_module
from pathlib import Path

import pytest

from shared.migrate import is_behind, newest

SERVICES = ("inspections", "scoring", "routing", "gateway")


@pytest.mark.parametrize("service", SERVICES)
def test_each_revision_has_a_number_of_its_own_and_follows_the_one_before(service: str) -> None:
    folder = Path(import_module(f"{service}.migrations.versions").__file__).parent
    steps = [import_module(f"{service}.migrations.versions.{it.stem}") for it in revisions(folder)]
    numbers = [f"{number:04}" for number in range(1, len(steps) + 1)]
    assert [it.name[:4] for it in revisions(folder)] == numbers
    assert [it.revision for it in steps] == numbers
    assert [it.down_revision for it in steps] == [None, *numbers[:-1]]
    assert newest(service) == numbers[-1]


def revisions(folder: Path) -> list[Path]:
    return sorted(folder.glob("0*.py"))


@pytest.mark.parametrize("service", SERVICES)
def test_code_waits_for_its_schema_and_goes_on_beside_a_later_one(service: str) -> None:
    assert is_behind(service, "")
    assert not is_behind(service, newest(service))
    assert not is_behind(service, "9999_of_the_next_release")


def test_a_database_at_an_earlier_revision_is_behind() -> None:
    assert newest("scoring") != "0001"
    assert is_behind("scoring", "0001")
