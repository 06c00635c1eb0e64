import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("inspections", "scoring", "routing", "gateway")


def documented(service):
    """Names in the first column of the README's tables."""
    readme = (ROOT / "services" / service / "README.md").read_text("utf-8")
    return set(re.findall(rf"^\| *`({service.upper()}_[A-Z0-9_]+)`", readme, re.MULTILINE))


def declared(service):
    settings = importlib.import_module(f"{service}.settings").Settings
    prefix = settings.model_config["env_prefix"]
    assert prefix.upper() == f"{service.upper()}_"
    return {f"{prefix}{name}".upper() for name in settings.model_fields}


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_stands_in_the_readme_and_no_other(service):
    assert documented(service) == declared(service)


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_says_what_it_is_for(service):
    fields = importlib.import_module(f"{service}.settings").Settings.model_fields
    assert [name for name, field in fields.items() if not field.description] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_default_runs_on_a_laptop(service):
    importlib.import_module(f"{service}.settings").Settings()
