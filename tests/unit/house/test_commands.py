import logging
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shared.cli import app
from shared.service import Service
from shared.settings import ServiceSettings

DATABASE = "postgresql+psycopg://nobody@nowhere/none"


@pytest.fixture
def ronde(monkeypatch):
    for name in ("INSPECTIONS_DATABASE_URL", "INSPECTIONS_SYSTEM_URL", "INSPECTIONS_OWNER_URL"):
        monkeypatch.delenv(name, raising=False)
    # A command logs to the stream the runner closes.
    monkeypatch.setattr(logging.root, "handlers", list(logging.root.handlers))
    monkeypatch.setattr(logging.root, "level", logging.root.level)
    return lambda *words: CliRunner().invoke(app, words)


@pytest.mark.parametrize("command", ["service", "worker", "migrate"])
def test_a_command_for_an_unknown_service_names_those_there_are(ronde, command):
    ran = ronde(command, "nope")
    assert ran.exit_code == 1
    assert "no service 'nope'; installed are: gateway, inspections, routing, scoring" in ran.stderr


@pytest.mark.parametrize("command", ["service", "worker"])
def test_a_service_without_a_database_says_which_variables_to_set(ronde, command):
    ran = ronde(command, "inspections")
    assert ran.exit_code == 1
    assert "set INSPECTIONS_DATABASE_URL and INSPECTIONS_SYSTEM_URL in the env" in ran.stderr


def test_a_migration_asks_for_the_owners_address_alone(ronde, monkeypatch):
    monkeypatch.setenv("INSPECTIONS_DATABASE_URL", DATABASE)
    ran = ronde("migrate", "inspections")
    assert ran.exit_code == 1
    assert "set INSPECTIONS_OWNER_URL in the environment" in ran.stderr


def test_a_service_without_a_database_has_nothing_to_migrate(ronde, monkeypatch):
    without = Service("idle", ServiceSettings, lambda _: None, has_database=False)
    monkeypatch.setattr("shared.service.service", lambda _: without)
    ran = ronde("migrate", "idle")
    assert ran.exit_code == 1
    assert "idle has no database" in ran.stderr


@pytest.mark.parametrize(("name", "value"), [("ISSUERS", "not json"), ("PORT", "eighty")])
def test_a_setting_that_cannot_be_read_is_named(ronde, monkeypatch, name, value):
    monkeypatch.setenv(f"INSPECTIONS_{name}", value)
    ran = ronde("migrate", "inspections")
    assert ran.exit_code == 1
    assert name.lower() in ran.stderr


def test_a_taken_port_is_a_sentence(ronde, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("GATEWAY_PORT", str(taken.getsockname()[1]))
        monkeypatch.setenv("GATEWAY_DATABASE_URL", DATABASE)
        monkeypatch.setenv("GATEWAY_SYSTEM_URL", DATABASE)
        ran = ronde("service", "gateway")
    assert ran.exit_code == 1
    assert "is taken" in ran.stderr


def test_a_demo_for_everybody_is_refused_in_a_sentence():
    # In a process of its own: the command starts PostgreSQL, which dies with who started it.
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as folder:
        Path(folder).chmod(0o711)
        serve = ["serve", "--demo", "--host", "0.0.0.0", "--port", "0", "--directory", folder]
        ran = subprocess.run(
            [sys.executable, "-m", "shared.cli", *serve],
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 1
    assert ran.stderr.startswith("ronde: ")
    assert "only runs on a loopback address" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_setting_that_is_wrong_is_told_without_what_was_given(ronde, monkeypatch):
    monkeypatch.setenv("GATEWAY_PORT", "eighty-secret")
    ran = ronde("service", "gateway")
    assert ran.exit_code == 1
    assert "port" in ran.stderr
    assert "eighty-secret" not in ran.stderr
