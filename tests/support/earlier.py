"""Ronde as it was before its databases last changed, out of the history of this repository."""

import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from shared.postgres import provision
from shared.testing import Server, TestDatabase

ROOT = Path(__file__).resolve().parents[2]
MIGRATIONS = "services/*/src/*/migrations/versions/0*.py"
PACKAGES = ("shared", "inspections", "scoring", "routing", "gateway")


def git(*words: str) -> bytes:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


def unpack(folder: Path) -> str:
    """Unpack the code before the newest migration; give what Python has to look for it first."""
    added = git("log", "-1", "--format=%H", "--diff-filter=A", "--", f":(glob){MIGRATIONS}")
    code = git("archive", f"{added.decode().strip()}^", "shared", "services")
    if not code:
        pytest.skip("the history of this checkout does not reach back to the newest migration")
    with tarfile.open(fileobj=BytesIO(code)) as archive:
        archive.extractall(folder, filter="data")
    sources = [folder / "shared/src", *(folder / f"services/{it}/src" for it in PACKAGES[1:])]
    return os.pathsep.join(map(str, sources))


def migrate(service: str, database: TestDatabase, path: str = "") -> str:
    """Migrate a database by the command, with the code that is found at a path first."""
    given = {f"{service.upper()}_OWNER_URL": database.owner_url, "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-m", "shared.cli", "migrate", service],
        env=os.environ | given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class EarlierDatabases:
    """Makes databases with the schema of earlier code."""

    server: Server
    path: str

    def make(self, service: str) -> TestDatabase:
        """Make a database of a service."""
        name = f"{service}_earlier_{os.getpid()}"
        migrated = TestDatabase(self.server, service, service)
        with psycopg.connect(self.server.conninfo(), autocommit=True) as connection:
            provision(connection, service)
            migrate(service, migrated, self.path)
            connection.execute(
                sql.SQL("alter database {} rename to {}").format(
                    *map(sql.Identifier, (service, name))
                )
            )
        return TestDatabase(self.server, service, name)

    def drop(self, database: TestDatabase) -> None:
        """Drop a database, with whoever is still connected to it."""
        with psycopg.connect(self.server.conninfo(), autocommit=True) as connection:
            name = sql.Identifier(database.name)
            connection.execute(sql.SQL("drop database {} with (force)").format(name))
