"""A running inspections service, and short ways to fill its record."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from danger_evening import evening
from place_story import story
from prepared_routes import with_prepared_routes

from inspections.main import ROUTERS, create_app, run_worker
from inspections.settings import Settings
from shared.testing import TestDatabase, in_process, token

PLACE = {
    "external_id": "H1",
    "name": "Hôtel de l'Étoile",
    "postcode": "75011",
    "city": "Paris",
    "rooms": 20,
    "position": {"lon": 2.38, "lat": 48.86},
}
OCCURRED_AT = datetime(2026, 3, 2, 10, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """The service, reached as a member of an organisation of the test's own, with every role."""

    client: httpx.AsyncClient
    database: TestDatabase
    organisation: UUID

    def headers(self, *roles: str, territories: list[str] | None = None) -> dict[str, str]:
        """Speak as another member of the organisation."""
        its_token = token(*roles, organisation=self.organisation, territories=territories)
        return {"Authorization": f"Bearer {its_token}"}

    def count(self, table: str) -> int:
        """Count the organisation's rows, past row-level security."""
        with self.database.administer() as connection:
            row = connection.execute(
                f"select count(*) from {table} where organisation = %s", [self.organisation]
            ).fetchone()
        return row[0]

    async def place(self, external_id: str = "H1", **values: object) -> str:
        """Enter an accommodation and return its id."""
        answer = await self.client.post(
            "/v1/accommodations", json=PLACE | {"external_id": external_id} | values
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def form(self, place: str, *answers: tuple[str, object], **values: object) -> dict[str, object]:
        """Fill in a checklist."""
        return {
            "instance_id": str(uuid4()),
            "accommodation_id": place,
            "occurred_at": OCCURRED_AT.isoformat(),
            "rooms_seen": 5,
            "answers": [{"item": item, "value": value} for item, value in answers],
        } | values

    async def inspect(
        self, place: str, *answers: tuple[str, object], **values: object
    ) -> dict[str, object]:
        """Record an inspection and return it."""
        answer = await self.client.post(
            "/v1/inspections", json=self.form(place, *answers, **values)
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def items(self, path: str, **parameters: object) -> list[dict[str, object]]:
        """Read all the pages of a list."""
        found: list[dict[str, object]] = []
        while True:
            answer = await self.client.get(path, params=parameters)
            assert answer.status_code == 200, answer.text
            found += answer.json()["items"]
            cursor = answer.json()["next_cursor"]
            if cursor is None:
                return found
            parameters["cursor"] = cursor

    async def events(self) -> list[dict[str, object]]:
        """Read the whole feed."""
        answer = await self.client.get("/v1/inspections/events", params={"limit": 2000})
        return answer.json()["items"]


@pytest.fixture(scope="module")
def record_database(module_database: Callable[[str], TestDatabase]) -> TestDatabase:
    """One database for the module: its tests are as apart as organisations are."""
    return module_database("inspections")


@pytest.fixture
async def record(record_database: TestDatabase, tmp_path: Path) -> AsyncIterator[Record]:
    """Run the service for an organisation that has nothing yet."""
    settings = Settings(**record_database.settings(), blobs_url=f"file://{tmp_path}/blobs")
    app = with_prepared_routes(create_app(settings), ROUTERS)
    async with in_process(app) as client:
        it = Record(client, record_database, uuid4())
        client.headers.update(it.headers())
        yield it


@pytest.fixture(scope="module")
def record_once(
    record_database: TestDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Callable[[Record], Awaitable[object]]], Record]:
    """Fill the record of an organisation once, for tests that only look at what is kept."""
    blobs = f"file://{tmp_path_factory.mktemp('blobs')}"
    settings = Settings(**record_database.settings(), blobs_url=blobs)

    async def filled(fill: Callable[[Record], Awaitable[object]]) -> Record:
        app = with_prepared_routes(create_app(settings), ROUTERS)
        async with in_process(app) as client:
            it = Record(client, record_database, uuid4())
            client.headers.update(it.headers())
            await fill(it)
            return it

    return lambda fill: asyncio.run(filled(fill))


@pytest.fixture
async def working(record: Record, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Let the worker of the service do its jobs while the test speaks to it."""
    settings = Settings(**record.database.settings(), blobs_url=f"file://{tmp_path}/blobs")
    work = asyncio.create_task(run_worker(settings))
    yield record.client
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work


__all__ = ["evening", "story"]
