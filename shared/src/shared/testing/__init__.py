"""What tests of the services stand on: a real PostgreSQL, fresh databases, tokens, apps in process.

A test module uses the fixtures by naming them; `conftest.py` at the root of the tests loads them.
"""

import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypedDict
from uuid import UUID

import httpx
import psycopg
import pytest
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from joserfc.jwk import KeySet
from psycopg import sql
from sqlalchemy.engine import make_url

from shared.auth import Verifier
from shared.issuer import Issuer
from shared.migrate import migrate
from shared.postgres import EmbeddedPostgres, PostgresUnavailableError, provision

# Tests may lose their data at a power cut.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
OURS = UUID("00000000-0000-4000-8000-00000000000a")
THEIRS = UUID("00000000-0000-4000-8000-00000000000b")
ISSUER = Issuer("http://issuer.test")


class Server(Protocol):
    """A PostgreSQL server on which tests may do as they like."""

    def conninfo(self, database: str = ..., user: str = ...) -> str:
        """Return how libpq reaches a database."""
        ...

    def url(self, database: str, user: str) -> str:
        """Return how SQLAlchemy reaches a database."""
        ...


@dataclass(frozen=True, slots=True)
class ExternalServer:
    """The server that `TEST_DATABASE_URL` names; it trusts its users without passwords."""

    address: str

    def conninfo(self, database: str = "postgres", user: str = "") -> str:
        return self.url(database, user).replace("postgresql+psycopg://", "postgresql://", 1)

    def url(self, database: str, user: str) -> str:
        url = make_url(self.address).set(drivername="postgresql+psycopg", database=database)
        named = url.set(username=user, password=None) if user not in {"", "postgres"} else url
        return named.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Give a PostgreSQL server: the one `TEST_DATABASE_URL` names, else the embedded one."""
    address = os.environ.get("TEST_DATABASE_URL")
    if address:
        yield ExternalServer(address)
        return
    # A short path: a socket's address has at most 108 bytes.
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as folder:
        server = EmbeddedPostgres(Path(folder), FAST)
        try:
            server.start()
        except PostgresUnavailableError as error:
            pytest.skip(f"no PostgreSQL to test with: {error}")
        try:
            yield server
        finally:
            server.stop()


class DatabaseSettings(TypedDict):
    """The settings a service needs to use a test's database and trust its tokens."""

    database_url: str
    system_url: str
    owner_url: str
    issuers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """A fresh, migrated database of a service, and how each role reaches it."""

    __test__ = False

    server: Server
    service: str
    name: str

    @property
    def url(self) -> str:
        """As the serving role."""
        return self.server.url(self.name, self.service)

    @property
    def system_url(self) -> str:
        """As the cross-organisation reader."""
        return self.server.url(self.name, f"{self.service}_system")

    @property
    def owner_url(self) -> str:
        """As the owner."""
        return self.server.url(self.name, f"{self.service}_owner")

    def administer(self) -> "psycopg.Connection[tuple[object, ...]]":
        """Connect as the administrator, whom row-level security does not bind."""
        return psycopg.connect(self.server.conninfo(self.name), autocommit=True)

    def settings(self) -> DatabaseSettings:
        """Return the settings a service needs to use this database and trust test tokens."""
        return {
            "database_url": self.url,
            "system_url": self.system_url,
            "owner_url": self.owner_url,
            "issuers": (ISSUER.url,),
        }


@dataclass(slots=True)
class DatabaseMaker:
    """Makes databases of a service by cloning a migrated template, in some 30 ms each."""

    server: Server
    _templates: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def make(self, service: str) -> TestDatabase:
        """Make a database of `service` at its newest schema."""
        template = f"{service}_template"
        with psycopg.connect(self.server.conninfo(), autocommit=True) as connection:
            if service not in self._templates:
                self._make_template(connection, service, template)
            name = f"{service}_{os.getpid()}_{next(self._numbers)}"
            connection.execute(
                sql.SQL("create database {} template {} owner {}").format(
                    *map(sql.Identifier, (name, template, f"{service}_owner"))
                )
            )
            # Grants on a database are not cloned with it.
            for role in (service, f"{service}_system"):
                connection.execute(
                    sql.SQL("grant connect on database {} to {}").format(
                        *map(sql.Identifier, (name, role))
                    )
                )
        return TestDatabase(self.server, service, name)

    def drop(self, database: TestDatabase) -> None:
        """Drop a database, with whoever is still connected to it."""
        with psycopg.connect(self.server.conninfo(), autocommit=True) as connection:
            name = sql.Identifier(database.name)
            connection.execute(sql.SQL("drop database {} with (force)").format(name))

    def _make_template(
        self, connection: "psycopg.Connection[tuple[object, ...]]", service: str, template: str
    ) -> None:
        connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(template)))
        provision(connection, service)
        migrate(service, self.server.url(service, f"{service}_owner"))
        connection.execute(
            sql.SQL("alter database {} rename to {}").format(
                *map(sql.Identifier, (service, template))
            )
        )
        self._templates.add(service)


@pytest.fixture(scope="session")
def databases(postgres_server: Server) -> DatabaseMaker:
    """Give the maker of databases; `databases.make("inspections")`."""
    return DatabaseMaker(postgres_server)


@pytest.fixture(scope="module")
def module_database(databases: DatabaseMaker) -> Iterator[Callable[[str], TestDatabase]]:
    """Make databases that last as long as the test module."""
    made = []

    def make(service: str) -> TestDatabase:
        made.append(databases.make(service))
        return made[-1]

    yield make
    for database in made:
        databases.drop(database)


@pytest.fixture
def database(databases: DatabaseMaker) -> Iterator[Callable[[str], TestDatabase]]:
    """Make databases that last as long as the test."""
    made = []

    def make(service: str) -> TestDatabase:
        made.append(databases.make(service))
        return made[-1]

    yield make
    for it in made:
        databases.drop(it)


async def published_keys(_issuer: str) -> KeySet:
    """Give the public keys of the tests' issuer without a network."""
    return KeySet.import_key_set(ISSUER.keys())


def token(
    *roles: str,
    organisation: UUID = OURS,
    subject: str = "tester",
    territories: list[str] | None = None,
    inspector: UUID | None = None,
) -> str:
    """Sign a token of the tests' issuer."""
    return ISSUER.token(
        subject,
        organisations=[organisation],
        roles=list(roles or ("reader", "inspector", "planner", "manager", "admin")),
        territories=territories,
        inspector=inspector,
    )


def bearer(*roles: str, organisation: UUID = OURS) -> dict[str, str]:
    """Return the headers of a caller with these roles; without any, with all of a person's."""
    return {"Authorization": f"Bearer {token(*roles, organisation=organisation)}"}


@asynccontextmanager
async def in_process(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Run an app in this process and give a client of it, without a token."""
    app.state.verifier = Verifier([ISSUER.url], "ronde", key_source=published_keys)
    async with LifespanManager(app) as manager:
        transport = httpx.ASGITransport(manager.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
            yield client


__all__ = ["DatabaseMaker", "Server", "TestDatabase", "bearer", "in_process", "token"]
