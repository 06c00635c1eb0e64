"""A place whose story tests tell: the service as its people see it, on a clock of the test's."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from inspections.api.clock import current_moment
from inspections.jobs.tend_record import Tending, tend
from inspections.main import create_app
from inspections.settings import Settings
from shared.db import Database
from shared.testing import TestDatabase, in_process, token

MONDAY = datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Europe/Paris"))
DAY = timedelta(days=1)
FIVE = (
    ("mould", 3, "12"),
    ("pest_bedbugs", 2, "12"),
    ("bedding", 2, "7"),
    ("drains", 2, None),
    ("waste", 1, None),
)


@dataclass
class Story:
    """The service as its people see it, with a clock that the test moves."""

    client: httpx.AsyncClient
    database: Database
    organisation: object
    now: datetime = MONDAY
    place: str = ""

    async def days_pass(self, days: float) -> None:
        self.now += days * DAY
        await tend(self.database, self.now, Tending())

    async def post(
        self, path: str, status: int = 201, *, by: str = "claire", **body: object
    ) -> dict[str, object]:
        headers = {"Authorization": f"Bearer {self.token(by)}"}
        answer = await self.client.post(path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def token(self, subject: str) -> str:
        return token("manager", "inspector", organisation=self.organisation, subject=subject)

    async def get(self, path: str, **parameters: object) -> dict[str, object]:
        answer = await self.client.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def inspect(self, *seen: tuple[str, int, str | None]) -> dict[str, object]:
        answers = [{"item": item, "value": value, "room": room} for item, value, room in seen]
        return await self.post(
            "/v1/inspections",
            instance_id=str(uuid4()),
            accommodation_id=self.place,
            occurred_at=self.now.isoformat(),
            rooms_seen=5,
            answers=answers,
        )

    async def anomalies(self, **parameters: object) -> dict[str, dict[str, object]]:
        found = (await self.get("/v1/anomalies", **parameters))["items"]
        return {it["item"]: it for it in found}

    async def status(self) -> str:
        return str((await self.get(f"/v1/accommodations/{self.place}"))["contract_state"])

    async def told(self, kind: str) -> list[dict[str, object]]:
        events = (await self.get("/v1/inspections/events", limit=2000))["items"]
        return [it["data"] for it in events if it["kind"] == kind]


@pytest.fixture
async def story(database: Callable[[str], TestDatabase], tmp_path: Path) -> AsyncIterator[Story]:
    fresh = database("inspections")
    blobs_url = f"file://{tmp_path}/blobs"
    app = create_app(Settings(**fresh.settings(), blobs_url=blobs_url))
    ours = Database(fresh.url, fresh.system_url)
    async with in_process(app) as client:
        it = Story(client, ours, uuid4())
        client.headers["Authorization"] = f"Bearer {it.token('claire')}"
        app.dependency_overrides[current_moment] = lambda: it.now
        place = await it.post(
            "/v1/accommodations",
            external_id="H1",
            name="Hôtel de l'Étoile",
            address="12 rue des Lilas",
            postcode="75011",
            city="Paris",
            rooms=20,
            operator="SARL Étoile",
            position={"lon": 2.38, "lat": 48.86},
        )
        it.place = str(place["id"])
        yield it
    await ours.dispose()


async def charter(story: Story, version: str, accepted_on: str | None, number: str) -> None:
    text = {"fr": "Une literie propre et en bon état.", "en": "Clean, sound bedding."}
    kept = await story.post(
        "/v1/charters",
        code="quality",
        version=version,
        title="Charte qualité",
        in_force_from="2015-04-01",
        articles=[{"number": number, "text": text, "items": ["bedding"]}],
    )
    if accepted_on is not None:
        path = f"/v1/charters/{kept['id']}/acceptances"
        await story.post(path, 200, operator="SARL Étoile", accepted_on=accepted_on)


async def notify(story: Story) -> dict[str, object]:
    return await story.post(
        "/v1/notices",
        accommodation_id=story.place,
        sender="Association Toit pour tous",
        signatory="Claire, coordinatrice",
    )


async def sanction(story: Story, step: str, **body: object) -> dict[str, object]:
    return await story.post(
        "/v1/sanctions",
        accommodation_id=story.place,
        step=step,
        grounds="Five anomalies, one of them back within the year.",
        **body,
    )
