"""A Ronde that moves: from its own PostgreSQL into one that is reached by an address."""

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from production import Production, running
from restored import backed_up, restored
from system import System

from shared.postgres import EmbeddedPostgres
from shared.testing import DatabaseMaker, TestDatabase

# Who follows a feed is dumped before it, as the page on deployment says.
ORDER = ("scoring", "gateway", "routing", "inspections")


@dataclass
class Moving:
    """Makes each database out of what another server's held, as an administrator does."""

    maker: DatabaseMaker
    dumps: Mapping[str, bytes]

    def make(self, service: str) -> TestDatabase:
        fresh = self.maker.make(service)
        taken = restored(self.dumps[service], fresh)
        self.maker.drop(fresh)
        return taken

    def drop(self, database: TestDatabase) -> None:
        self.maker.drop(database)


@contextlib.contextmanager
def moved(system: System, databases: DatabaseMaker, folder: Path) -> Iterator[Production]:
    """Run, a process each, on a PostgreSQL elsewhere, what a system has kept in its directory."""
    own = EmbeddedPostgres(system.directory / "postgres")
    dumps = {name: backed_up(TestDatabase(own, name, name)) for name in ORDER}
    shutil.copytree(system.directory / "blobs", folder / "blobs")
    secret = json.loads((system.directory / "key-secret.json").read_text())["gateway"]
    kept = {"GATEWAY_KEY_SECRET": secret}
    with running(Moving(databases, dumps), folder, variables=kept) as production:
        yield production
