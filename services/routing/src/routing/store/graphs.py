"""Versions of the road graph in the database; one is active at a time."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, text, true, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from routing.store.tables import GraphRow


async def active_graph(session: AsyncSession) -> GraphRow | None:
    """Return the version that serves; None before the first import."""
    found = await session.execute(select(GraphRow).where(col(GraphRow.state) == "active"))
    return found.scalar_one_or_none()


def age_days(row: GraphRow, now: datetime) -> float:
    """Tell how old the map of a version is; its own age where the file did not say."""
    try:
        drawn_at = datetime.fromisoformat(row.osm_timestamp or "")
    except ValueError:
        drawn_at = row.created_at
    if drawn_at.tzinfo is None:
        drawn_at = drawn_at.replace(tzinfo=UTC)
    return round((now - drawn_at).total_seconds() / 86_400, 1)


async def by_id(session: AsyncSession, graph_id: UUID) -> GraphRow | None:
    """Return a version, active or retired."""
    return await session.get(GraphRow, graph_id)


async def page(
    session: AsyncSession, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[GraphRow]:
    """List versions, newest first, from the one after `before`."""
    age = tuple_(col(GraphRow.created_at), col(GraphRow.id))
    older = true() if before is None else age < tuple_(*before)
    found = await session.execute(
        select(GraphRow)
        .where(older)
        .order_by(col(GraphRow.created_at).desc(), col(GraphRow.id).desc())
        .limit(limit)
    )
    return list(found.scalars())


async def take_turn(session: AsyncSession) -> None:
    """Wait until nobody else changes which version serves; lasts until the transaction ends."""
    await session.execute(text("select pg_advisory_xact_lock(hashtext('routing.graph'))"))


async def activate(session: AsyncSession, row: GraphRow) -> None:
    """Let a version, new or retired, serve instead of the one before; take your turn first."""
    others = col(GraphRow.state) == "active", col(GraphRow.id) != row.id
    await session.execute(update(GraphRow).where(*others).values(state="retired"))
    row.state = "active"
    session.add(row)
    await session.flush()
