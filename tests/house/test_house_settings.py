import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import settings_tables

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("inspections", "scoring", "routing", "gateway")


@pytest.mark.parametrize("service", SERVICES)
def test_the_readme_has_the_table_of_settings(service):
    readme = ROOT / "services" / service / "README.md"
    assert settings_tables.table(service) in readme.read_text("utf-8"), "run `make openapi`"


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_says_what_it_is_for(service):
    fields = settings_tables.settings_of(service).model_fields
    assert [name for name, field in fields.items() if not field.description] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_has_the_prefix_of_its_service(service):
    prefix = settings_tables.settings_of(service).model_config["env_prefix"]
    assert prefix == f"{service.upper()}_"


@pytest.mark.parametrize("service", SERVICES)
def test_every_default_runs_on_a_laptop(service):
    settings_tables.settings_of(service)()


def test_only_the_section_of_settings_is_written_anew(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("# Name\n\nText.\n\n## Settings\n\nold table\n\n## Limits\n\nNone.\n")
    text = settings_tables.with_table(readme, "inspections")
    assert text.startswith("# Name\n\nText.\n\n## Settings\n\n| Variable ")
    assert text.endswith(" |\n\n## Limits\n\nNone.\n")
    assert "old table" not in text


def test_a_readme_without_that_section_gets_one(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("# Name\n")
    text = settings_tables.with_table(readme, "inspections")
    assert text == f"# Name\n\n## Settings\n\n{settings_tables.table('inspections')}"
