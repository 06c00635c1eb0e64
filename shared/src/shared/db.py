"""The service's database: sessions that carry their organisation, for row-level security.

One request, one transaction, committed before the answer is sent.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, cast
from urllib.parse import unquote
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import QueuePool

from shared.auth import CurrentCaller

# Set per connection: settings of a role or database are lost when a database is cloned.
LIMITS = "-c statement_timeout=10000 -c idle_in_transaction_session_timeout=30000"

SCOPE = text(
    "select set_config('app.organisation', :it, true), set_config('app.author', :author, true), "
    "set_config('app.reason', :reason, true)"
)
LONGEST_REASON = 500


class Database:
    """Two pools on one database: the serving role, and the cross-organisation reader."""

    def __init__(self, url: str, system_url: str) -> None:
        self.url = url
        self.system_url = system_url
        self.engine = _engine(url, 5, 5)
        self._system = _engine(system_url, 2, 1)

    @property
    def pools(self) -> dict[str, QueuePool]:
        """The pools of connections, by the role they serve."""
        return {
            name: cast("QueuePool", engine.pool)
            for name, engine in (("serving", self.engine), ("system", self._system))
        }

    @property
    def conninfo(self) -> str:
        """How libpq reaches the database as the serving role."""
        return conninfo(self.url)

    @asynccontextmanager
    async def session(
        self, organisation: UUID, *, author: str = "", reason: str = ""
    ) -> AsyncIterator[AsyncSession]:
        """Open a transaction that sees and writes the rows of one organisation.

        Where changes are kept, they are kept as those of `author`, made for `reason`.
        """
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            await session.execute(
                SCOPE, {"it": str(organisation), "author": author, "reason": reason}
            )
            yield session

    @asynccontextmanager
    async def plain_session(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction without an organisation: for what belongs to none, such as graphs."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @asynccontextmanager
    async def system_session(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction of the cross-organisation reader, who sees what its policies allow."""
        async with AsyncSession(self._system, expire_on_commit=False) as session, session.begin():
            yield session

    async def dispose(self) -> None:
        """Close all connections."""
        await self.engine.dispose()
        await self._system.dispose()


def conninfo(url: str) -> str:
    """Turn an SQLAlchemy URL into what libpq takes."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _engine(url: str, size: int, overflow: int) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=size,
        max_overflow=overflow,
        pool_pre_ping=True,
        # What is in a statement may be about people; a log is no place for it.
        hide_parameters=True,
        connect_args={"options": LIMITS, "prepare_threshold": 5},
    )


async def request_session(request: Request, caller: CurrentCaller) -> AsyncIterator[AsyncSession]:
    """Open the transaction of a request, in its caller's organisation, once its body has come.

    With transactions open for slow uploads, ten of them would leave nobody else a connection.
    """
    await request.body()
    database: Database = request.app.state.database
    opened = database.session(caller.organisation, author=caller.subject, reason=reason_of(request))
    async with opened as session:
        yield session


def reason_of(request: Request) -> str:
    """Tell why a caller changes something: as `Change-Reason` says, else by which operation."""
    told = unquote(request.headers.get("change-reason", "")).strip().replace("\0", "")
    return told[:LONGEST_REASON] or getattr(request.scope.get("route"), "operation_id", None) or ""


# With the default scope, FastAPI would commit after the answer was sent.
Session = Annotated[AsyncSession, Depends(request_session, scope="function")]
