"""Sends what is due to webhooks, each at its own pace, for as long as the worker runs."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from gateway.store import deliveries
from gateway.use_cases.deliver_message import Sending, deliver_to
from shared.cancellation import pause
from shared.db import Database

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
DROP_EVERY_S = 3600.0
KEPT = timedelta(days=30)
# Webhooks that one worker sends to at once: a slow receiver holds up nobody else.
MOST_AT_ONCE = 64


class Deliveries:
    """Looks for what is due each second, and sooner when told, and sends it."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._news = asyncio.Event()
        self._under_way: dict[UUID, asyncio.Task[None]] = {}

    async def wake(self, _caught_up: bool) -> None:  # noqa: FBT001 - as followers tell it
        """Look now: there may be news."""
        self._news.set()

    async def run(self) -> None:
        """Send until cancelled; what is under way then is claimed again once its claim ends."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    await self.begin(tasks.create_task)
                except (SQLAlchemyError, OSError) as error:
                    logger.warning("webhooks not read", extra={"error": type(error).__name__})
                await self._pause()

    async def begin(self, start: Callable[..., asyncio.Task[None]]) -> None:
        """Start a task for each webhook that has something due and none under way."""
        async with self._sending.database.system_session() as session:
            due = await deliveries.due(session, self._sending.clock())
        for organisation, webhook_id in due:
            if webhook_id not in self._under_way and len(self._under_way) < MOST_AT_ONCE:
                task = start(self._deliver(organisation, webhook_id))
                self._under_way[webhook_id] = task

    async def _pause(self) -> None:
        await pause(0)
        try:
            await asyncio.wait_for(self._news.wait(), LOOK_EVERY_S)
        except TimeoutError:
            return
        self._news.clear()

    async def _deliver(self, organisation: UUID, webhook_id: UUID) -> None:
        try:
            await deliver_to(self._sending, organisation, webhook_id)
        except Exception:
            # One webhook must not end the others; it is looked at again in a second.
            logger.exception("webhook not served", extra={"webhook_id": str(webhook_id)})
        finally:
            del self._under_way[webhook_id]


async def drop_old_deliveries(database: Database, now: datetime) -> int:
    """Drop what was settled thirty days ago; tell how many."""
    async with database.system_session() as session:
        known = await deliveries.organisations(session)
    dropped = 0
    for organisation in known:
        async with database.session(organisation) as session:
            dropped += await deliveries.drop_old(session, now - KEPT)
    return dropped


async def drop_deliveries_forever(database: Database) -> None:
    """Drop old messages each hour until cancelled."""
    while True:
        try:
            await drop_old_deliveries(database, datetime.now(UTC))
        except (SQLAlchemyError, OSError) as error:
            logger.warning("old messages not dropped", extra={"error": type(error).__name__})
        await pause(DROP_EVERY_S)
