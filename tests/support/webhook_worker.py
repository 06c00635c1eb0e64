"""The gateway's database as its worker uses it, with a clock that a test puts forward."""

import asyncio
import datetime as dt
import uuid
from dataclasses import dataclass

from gateway_edge import Edge
from webhook_receiver import Receiver

from gateway.store import deliveries
from gateway.use_cases.deliver_message import Sending, deliver_to
from gateway.use_cases.queue_events import queueing
from shared.contracts.message import Event
from shared.db import Database
from shared.testing import OURS

HOME = "http://ronde.test"


@dataclass
class Clock:
    """A clock that a test puts forward."""

    ahead: dt.timedelta = dt.timedelta()

    @property
    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.ahead

    def __call__(self) -> dt.datetime:
        return self.now

    def on(self, **kwargs: float) -> None:
        self.ahead += dt.timedelta(**kwargs)


@dataclass
class Hooks:
    """What happens, and what webhooks are told of it."""

    door: Edge
    database: Database
    sending: Sending
    clock: Clock
    position: int = 0

    async def to(self, receiver: Receiver, *, verified: bool = True, **wanted: object) -> str:
        """Have a receiver told; return the id of its webhook."""
        made = await self.door.client.post(
            "/v1/webhooks", json={"url": receiver.url, "name": "Essai", **wanted}
        )
        assert made.status_code == 201, made.text
        receiver.secret = made.json()["secret"] if verified else None
        return made.json()["id"]

    async def happen(self, subject: int = 1, kind: str = "inspection.recorded", **data: object):
        """Let an event happen, and be taken from its feed."""
        self.position += 1
        event = Event(
            position=self.position,
            organisation=OURS,
            kind=kind,
            subject_id=uuid.UUID(int=subject),
            occurred_at=self.clock.now,
            recorded_at=dt.datetime.now(dt.UTC),
            data=data or {"number": self.position},
        )
        async with self.database.session(OURS) as session:
            await queueing("inspections", HOME)(session, [event])
            await session.connection()
        return event

    async def look(self) -> int:
        """Send what is due, as the worker does each second; return how many messages."""
        async with self.database.system_session() as session:
            due = await deliveries.due(session, self.clock.now)
        sent = await asyncio.gather(*(deliver_to(self.sending, *it) for it in due))
        return sum(sent)

    async def until_quiet(self, most: int = 400, **step: float) -> None:
        """Move the clock on, looking at each step, until nothing waits."""
        for _ in range(most):
            await self.look()
            if not await self.waiting():
                return
            self.clock.on(**step)
        raise AssertionError("messages still wait")

    async def waiting(self) -> int:
        listed = (await self.door.client.get("/v1/webhooks", params={"limit": 1000})).json()
        return sum(it["waiting"] for it in listed["items"] if it["state"] == "active")

    async def deliveries(self, webhook: str, **params: object) -> list[dict[str, object]]:
        at = f"/v1/webhooks/{webhook}/deliveries"
        return (await self.door.client.get(at, params={"limit": 1000, **params})).json()["items"]
