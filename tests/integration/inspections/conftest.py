"""A running inspections service, and short ways to fill its record."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from inspections.main import create_app
from inspections.settings import Settings
from shared.testing import TestDatabase, bearer, in_process

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
    """The service, reached as a member of the tests' organisation with every role."""

    client: httpx.AsyncClient
    database: TestDatabase

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


@pytest.fixture
async def record(database: Callable[[str], TestDatabase]) -> AsyncIterator[Record]:
    """Run the service on a fresh database."""
    fresh = database("inspections")
    async with in_process(create_app(Settings(**fresh.settings()))) as client:
        client.headers.update(bearer())
        yield Record(client, fresh)
