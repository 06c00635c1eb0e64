import pytest
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PROBE_")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "probe_client_secret").write_text("from a file\n")
    (tmp_path / "probe_database_url").write_text("postgresql://database/probe")
    return tmp_path


def test_a_setting_is_read_from_a_file_named_like_its_variable(folder):
    settings = Settings(_secrets_dir=folder)
    assert settings.client_secret == SecretStr("from a file")
    assert settings.database_url == "postgresql://database/probe"


def test_a_variable_wins_over_a_file(folder, monkeypatch):
    monkeypatch.setenv("PROBE_CLIENT_SECRET", "from a variable")
    assert Settings(_secrets_dir=folder).client_secret == SecretStr("from a variable")


def test_an_empty_variable_is_none_and_a_file_counts(folder, monkeypatch):
    monkeypatch.setenv("PROBE_CLIENT_SECRET", "")
    monkeypatch.setenv("PROBE_ISSUERS", "")
    settings = Settings(_secrets_dir=folder)
    assert settings.client_secret == SecretStr("from a file")
    assert settings.issuers == ()


def test_a_service_keeps_the_folder_of_its_base():
    assert Settings.model_config["secrets_dir"] == ServiceSettings.model_config["secrets_dir"]
