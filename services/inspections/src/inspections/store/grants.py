"""Grants in the database, as their giver sees them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.store.tables.grants import AccessGrantRow


async def add(
    session: AsyncSession, organisation: UUID, values: Mapping[str, object]
) -> AccessGrantRow | None:
    """Insert a grant; None when its key is taken."""
    statement = (
        insert(AccessGrantRow)
        .values(organisation=organisation, id=uuid4(), **values)
        .on_conflict_do_nothing(constraint="access_grant_sent_as")
        .returning(AccessGrantRow)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def by_key(session: AsyncSession, key: str) -> AccessGrantRow:
    """Give the grant of a key that is known to exist."""
    statement = select(AccessGrantRow).where(col(AccessGrantRow.sent_as) == key)
    return (await session.execute(statement)).scalar_one()


async def by_id(session: AsyncSession, id: UUID) -> AccessGrantRow | None:
    """Find a grant that the session's organisation gave."""
    statement = select(AccessGrantRow).where(col(AccessGrantRow.id) == id)
    return (await session.execute(statement)).scalar_one_or_none()


async def page(
    session: AsyncSession, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[AccessGrantRow]:
    """List the grants that were given, newest first."""
    order = (col(AccessGrantRow.created_at), col(AccessGrantRow.id))
    statement = select(AccessGrantRow).order_by(*(it.desc() for it in order)).limit(limit)
    if before is not None:
        statement = statement.where(tuple_(*order) < tuple_(*before))
    return list((await session.execute(statement)).scalars())


async def revoke(session: AsyncSession, id: UUID, by: str) -> AccessGrantRow | None:
    """Mark a grant revoked; None when it was before, or is unknown."""
    statement = (
        update(AccessGrantRow)
        .where(col(AccessGrantRow.id) == id, col(AccessGrantRow.revoked_at).is_(None))
        .values(revoked_at=func.now(), revoked_by=by)
        .returning(AccessGrantRow)
    )
    return (await session.execute(statement)).scalar_one_or_none()
