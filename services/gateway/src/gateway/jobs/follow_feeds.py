"""Follows the feeds of all services, the gateway's own included."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.jobs.alert_silence import following
from gateway.settings import Settings
from gateway.use_cases.queue_events import queueing
from shared.contracts.message import Event
from shared.db import Database
from shared.feed import Apply, Follower
from shared.http import client
from shared.jobs import Jobs


@contextlib.asynccontextmanager
async def open_followers(
    settings: Settings,
    database: Database,
    auth: httpx.Auth,
    jobs: Jobs,
    *,
    after_page: Callable[[bool], Awaitable[None]],
) -> AsyncIterator[Sequence[Follower]]:
    """Open what follows each feed: webhooks are told of all, and silent visits raise alerts."""
    async with contextlib.AsyncExitStack() as stack:
        followers = []
        for provider, url in {**settings.upstreams, "gateway": settings.gateway_url}.items():
            apply = queueing(provider, settings.reached_at)
            if provider == "routing":
                apply = _both(apply, following(jobs))
            opened = await stack.enter_async_context(client(url, auth))
            followers.append(Follower(database, provider, opened, apply, after_page))
        yield followers


def _both(first: Apply, second: Apply) -> Apply:
    async def take(session: AsyncSession, events: Sequence[Event]) -> None:
        await first(session, events)
        await second(session, events)

    return take
