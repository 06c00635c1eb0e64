"""Event feeds: appended in the transaction of the change, pulled by whoever wants to know.

Positions are in commit order: the position is allocated under a lock held to the commit. A feed
that skipped the lock lost a fifth of its events to readers that polled at the wrong moment.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Annotated
from uuid import UUID

import httpx
import psycopg
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    create_async_engine,
)

from shared.auth import Caller, Reader
from shared.cancellation import pause
from shared.contracts.message import Event, EventPage
from shared.db import Database
from shared.problems import Problem, responses

logger = logging.getLogger(__name__)

LOCK = 0x6665_6564  # "feed": every writer of a database takes this one.
POLL_S = 2.0
LONGEST_WAIT_S = 30.0
PAUSE_AFTER_FAILURE_S = 1.0
LONGEST_PAUSE_S = 30.0


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A change to tell, before it has a position."""

    kind: str
    subject_id: UUID
    occurred_at: datetime
    data: BaseModel


async def append(session: AsyncSession, organisation: UUID, events: Sequence[NewEvent]) -> None:
    """Append events as the last act of a transaction; other writers wait until it commits."""
    if not events:
        return
    await session.flush()
    await session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    rows = [
        {
            "kind": event.kind,
            "subject_id": str(event.subject_id),
            "occurred_at": event.occurred_at.isoformat(),
            "data": event.data.model_dump(mode="json"),
        }
        for event in events
    ]
    await session.execute(
        text(
            "insert into event (organisation, kind, subject_id, occurred_at, data) "
            "select :organisation, it->>'kind', (it->>'subject_id')::uuid, "
            "(it->>'occurred_at')::timestamptz, it->'data' "
            "from jsonb_array_elements(cast(:rows as jsonb)) with ordinality as t(it, n) order by n"
        ),
        {"organisation": organisation, "rows": json.dumps(rows)},
    )
    await session.execute(text("notify event"))


async def read(
    session: AsyncSession, after: int, *, limit: int, organisation: UUID | None = None
) -> EventPage:
    """Read events after a position; `organisation` narrows what the session may see anyway."""
    rows = await session.execute(
        text(
            "select position, organisation, kind, subject_id, occurred_at, recorded_at, data "
            "from event where position > :after "
            "and (cast(:organisation as uuid) is null or organisation = :organisation) "
            "order by position limit :limit"
        ),
        {"after": after, "limit": limit, "organisation": organisation},
    )
    items = [Event.model_validate(dict(row)) for row in rows.mappings()]
    return EventPage(items=items, next_after=items[-1].position if items else after)


async def organisations(session: AsyncSession) -> list[UUID]:
    """Name the organisations that ever told anything; one step of the index for each."""
    rows = await session.execute(
        text(
            "with recursive known as ("
            "(select organisation from event order by organisation limit 1) union all "
            "select (select organisation from event where event.organisation > known.organisation "
            "order by organisation limit 1) from known where known.organisation is not null) "
            "select organisation from known where organisation is not null"
        )
    )
    return list(rows.scalars())


@dataclass(slots=True)
class Waiters:
    """Wakes long polls when an event commits: one LISTEN a process, with a poll as safety net."""

    conninfo: str
    closing: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def next(self) -> asyncio.Event:
        """Return what will be set at the next news; take it before the query it follows."""
        return self._news

    def wake(self) -> None:
        """Let every waiter look again."""
        self._news.set()
        self._news = asyncio.Event()

    def close(self) -> None:
        """Let every waiter go, for good: the service is stopping."""
        self.closing = True
        self.wake()

    async def listen(self) -> None:
        """Wake the waiters at each notification, until cancelled."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self.conninfo, autocommit=True
                ) as connection:
                    await connection.execute("listen event")
                    self.wake()
                    async for _ in connection.notifies():
                        self.wake()
            except psycopg.OperationalError as error:
                logger.warning("feed listener lost its connection", extra={"cause": str(error)})
            await pause(PAUSE_AFTER_FAILURE_S)


def router(service: str) -> APIRouter:
    """Make the route of a service's feed, `GET /v1/<service>/events`."""
    routes = APIRouter(tags=["events"])

    @routes.get(
        f"/v1/{service}/events",
        operation_id=f"list{service.capitalize()}Events",
        responses=responses(403),
    )
    async def list_events(
        request: Request,
        caller: Reader,
        *,
        after: Annotated[int, Query(ge=0, description="Position of the last event known.")] = 0,
        wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S, description="Seconds.")] = 0,
        limit: Annotated[int, Query(ge=1, le=2000)] = 500,
    ) -> EventPage:
        """List events after a position, in commit order; with `wait`, until there is one.

        A caller with the role `service` follows all organisations, anybody else their own.
        """
        _refuse_partial_sight(caller)
        database: Database = request.app.state.database
        waiters: Waiters = request.app.state.waiters
        until = asyncio.get_running_loop().time() + wait
        everything = "service" in caller.roles
        while True:
            news = waiters.next()
            opened = (
                database.system_session() if everything else database.session(caller.organisation)
            )
            async with opened as session:
                page = await read(
                    session,
                    after,
                    limit=limit,
                    organisation=None if everything else caller.organisation,
                )
            left = until - asyncio.get_running_loop().time()
            if page.items or left <= 0 or waiters.closing:
                return page if everything or caller.keeps_addresses else _without_places(page)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), min(left, POLL_S))

    return routes


def _without_places(page: EventPage) -> EventPage:
    """Leave out where things are: an address may have become confidential since it was told."""
    items = [
        event.model_copy(update={"data": {k: v for k, v in event.data.items() if k != "position"}})
        for event in page.items
    ]
    return page.model_copy(update={"items": items})


def _refuse_partial_sight(caller: Caller) -> None:
    """Keep events from those who may see only a part of what they tell: scores, or all places."""
    if "service" in caller.roles:
        return
    if caller.is_only_inspector:
        raise Problem(
            403,
            "forbidden",
            "Events tell scores, hidden from who is only an inspector; read lists.",
        )
    if caller.territories:
        raise Problem(
            403,
            "forbidden",
            "Events tell of all territories and your token names only some; read the lists.",
        )


class TurnLostError(Exception):
    """Another process moved the cursor: whoever thought it was its turn has lost the lock."""


Apply = Callable[[AsyncSession, Sequence[Event]], Awaitable[None]]


@dataclass(slots=True)
class Follower:
    """Follows another service's feed, applying each event once, in the event's organisation.

    `apply` runs in the transaction that moves the cursor: both happen, or neither. Of several
    processes one follows, by an advisory lock; the others stand by. The lock saves work; a lock
    can be lost unseen, so it is the cursor, moved only from where it was known to be, that keeps
    an event from being applied twice. `caught_up_at` is when it last had all there was, by the
    monotonic clock; None while another process follows.
    """

    database: Database
    provider: str
    client: httpx.AsyncClient
    apply: Apply
    after_page: Callable[[bool], Awaitable[None]] | None = None
    page_size: int = 1000
    caught_up_at: float | None = field(default=None, init=False)
    position: int = field(default=0, init=False)
    _pause_s: float | None = field(default=None, init=False)

    async def run(self) -> None:
        """Follow until cancelled, standing by while another process does.

        Whatever fails is tried again, after pauses that grow: to end silently would leave all
        that follows untold, and one event may be only too early for this version to understand.
        """
        while True:
            pause_s = PAUSE_AFTER_FAILURE_S
            try:
                async with self._turn() as own:
                    if await self._lock(own):
                        await self._follow(own)
                    self.caught_up_at = None
            except Exception:
                pause_s = self._pause_s or PAUSE_AFTER_FAILURE_S
                self._pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                logger.exception(
                    "follower stopped",
                    extra={
                        "provider": self.provider,
                        "position": self.position,
                        "pause_s": pause_s,
                    },
                )
            await pause(pause_s)

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[AsyncConnection]:
        # A connection of its own: the lock lasts as long as the session, across transactions.
        engine = create_async_engine(self.database.url, pool_size=1, isolation_level="AUTOCOMMIT")
        try:
            connection = await _opened(engine)
            try:
                yield connection
            finally:
                await connection.close()
        finally:
            await engine.dispose()

    async def _lock(self, connection: AsyncConnection) -> bool:
        row = await connection.execute(
            text("select pg_try_advisory_lock(hashtext(:it))"), {"it": f"follow:{self.provider}"}
        )
        return bool(row.scalar_one())

    async def _follow(self, own: AsyncConnection) -> None:
        row = await own.execute(
            text("select position from feed_cursor where provider = :it"), {"it": self.provider}
        )
        self.position = row.scalar_one_or_none() or 0
        self.caught_up_at = self.caught_up_at or time.monotonic()
        while True:
            page = await self._fetch(self.position)
            for organisation, events in groupby(page.items, key=lambda event: event.organisation):
                await self._take(organisation, list(events))
            is_caught_up = len(page.items) < self.page_size
            if self.after_page is not None:
                await self.after_page(is_caught_up)
            if is_caught_up:
                self.caught_up_at = time.monotonic()
            self._pause_s = None

    async def _fetch(self, after: int) -> EventPage:
        answer = await self.client.get(
            f"/v1/{self.provider}/events",
            params={"after": after, "wait": 20, "limit": self.page_size},
            timeout=40,
        )
        answer.raise_for_status()
        return EventPage.model_validate_json(answer.content)

    async def _take(self, organisation: UUID, events: Sequence[Event]) -> None:
        position = events[-1].position
        async with self.database.session(organisation) as session:
            await self._move_cursor(session, position)
            await self.apply(session, events)
        self.position = position

    async def _move_cursor(self, session: AsyncSession, position: int) -> None:
        """Move the cursor on, and hold its row until the transaction ends."""
        await session.execute(
            text(
                "insert into feed_cursor (provider, position) values (:provider, 0) "
                "on conflict (provider) do nothing"
            ),
            {"provider": self.provider},
        )
        moved = await session.execute(
            text(
                "update feed_cursor set position = :position, updated_at = now() "
                "where provider = :provider and position = :after returning position"
            ),
            {"provider": self.provider, "after": self.position, "position": position},
        )
        if moved.first() is None:
            raise TurnLostError(f"the cursor of {self.provider} is not at {self.position}")


async def _opened(engine: AsyncEngine) -> AsyncConnection:
    """Open a connection; cancelled meanwhile, close it, which the driver would forget."""

    async def connect() -> AsyncConnection:
        return await engine.connect()

    opening = asyncio.create_task(connect())
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            await (await opening).close()
        raise
