"""An evening with dangers, as those on call see it: mails on a real server, a clock that moves."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from mail_box import Mailbox, mail_taken

from inspections.api.clock import current_moment
from inspections.jobs.tend_record import Tending, tend
from inspections.main import create_app
from inspections.settings import Settings
from shared.contracts.inspections.register import AccommodationInput
from shared.db import Database
from shared.mail import MailServer
from shared.testing import TestDatabase, in_process, token

FRIDAY_18_00 = datetime(2026, 3, 6, 18, tzinfo=ZoneInfo("Europe/Paris"))
MINUTE = timedelta(minutes=1)


@dataclass
class Evening:
    """The service, its worker and its mail server, with a clock that the test moves."""

    client: httpx.AsyncClient
    database: Database
    mailbox: Mailbox
    server: MailServer
    organisation: UUID
    now: datetime = FRIDAY_18_00
    place: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    async def pass_time(self, minutes: float, *, sends: bool = True) -> None:
        self.now += minutes * MINUTE
        tending = Tending(server=self.server if sends else None)
        await tend(self.database, self.now, tending)

    async def post(self, path: str, status: int = 201, **body: object) -> dict[str, object]:
        answer = await self.client.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def on_call(self, level: int, email: str, **values: object) -> None:
        times = {
            "starts_at": (FRIDAY_18_00 - timedelta(hours=1)).isoformat(),
            "ends_at": (FRIDAY_18_00 + timedelta(days=3)).isoformat(),
        }
        await self.post(
            "/v1/on-call-shifts", level=level, name=email, email=email, **times | values
        )

    async def inspect(self, *answers: tuple[str, object], **values: object) -> dict[str, object]:
        form = {
            "instance_id": str(uuid4()),
            "accommodation_id": self.place,
            "occurred_at": self.now.isoformat(),
            "answers": [{"item": item, "value": value} for item, value in answers],
        }
        return await self.post("/v1/inspections", **form | values)

    async def alerts(self) -> list[dict[str, object]]:
        return (await self.client.get("/v1/alerts")).json()["items"]

    async def hide_address(self) -> None:
        """Make the address of the place confidential."""
        path = f"/v1/accommodations/{self.place}"
        read = await self.client.get(path)
        place = {k: v for k, v in read.json().items() if k in AccommodationInput.model_fields}
        changed = await self.client.put(
            path,
            json=place | {"confidential_address": True},
            headers={"If-Match": read.headers["etag"]},
        )
        assert changed.status_code == 200, changed.text

    async def account(self, id: str) -> dict[str, object]:
        return (await self.client.get(f"/v1/alerts/{id}")).json()

    async def told(self) -> list[dict[str, object]]:
        events = (await self.client.get("/v1/inspections/events")).json()["items"]
        return [it for it in events if it["kind"].startswith("alert.")]


@pytest.fixture
async def evening(
    database: Callable[[str], TestDatabase],
) -> AsyncIterator[Evening]:
    fresh = database("inspections")
    app = create_app(Settings(**fresh.settings()))
    ours = Database(fresh.url, fresh.system_url)
    async with mail_taken() as mailbox, in_process(app) as client:
        organisation = uuid4()
        client.headers["Authorization"] = f"Bearer {token(organisation=organisation)}"
        server = MailServer(mailbox.url, "ronde@example.org")
        it = Evening(client, ours, mailbox, server, organisation)
        app.dependency_overrides[current_moment] = lambda: it.now
        place = {
            "external_id": "H1",
            "name": "Hôtel de l'Étoile",
            "address": "12 rue des Lilas",
            "postcode": "93200",
            "city": "Saint-Denis",
            "rooms": 20,
        }
        it.place = str((await it.post("/v1/accommodations", **place))["id"])
        yield it
    await ours.dispose()
