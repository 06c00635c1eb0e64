import importlib
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("inspections", "scoring", "routing", "gateway")
ALWAYS = {"main.py", "settings.py", "cli.py", "api"}
WITH_DATABASE = {"store", "migrations"}
SOMETIMES = WITH_DATABASE | {"use_cases", "domain", "clients", "jobs", "__init__.py", "py.typed"}
# The gateway alone serves files to a browser and holds the demo.
ONLY_IN = {"gateway": {"demo", "console", "static"}}


def children(service):
    folder = ROOT / "services" / service / "src" / service
    return {path.name for path in folder.iterdir() if path.name != "__pycache__"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_rooms_of_the_house_and_no_other(service):
    found = children(service)
    has_database = importlib.import_module(f"{service}.main").service.has_database
    assert (ALWAYS | WITH_DATABASE if has_database else ALWAYS) - found == set()
    assert found - ALWAYS - SOMETIMES - ONLY_IN.get(service, set()) == set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_found_by_its_entry_point(service):
    member = ROOT / "services" / service / "pyproject.toml"
    project = tomllib.loads(member.read_text("utf-8"))["project"]
    points = {**project["entry-points"]["ronde.services"]}
    points |= project["entry-points"].get("ronde.commands", {})
    for target in points.values():
        module, _, name = target.partition(":")
        assert hasattr(importlib.import_module(module), name), target


def test_every_test_folder_is_a_tier_of_the_house():
    tiers = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    known = {
        "unit",
        "integration",
        "contract",
        "e2e",
        "acceptance",
        "browser",
        "storm",
        "bench",
        "house",
        "support",
    }
    assert tiers - known - {"__pycache__"} == set()
