"""Keys of programs and addresses, and how often they are used."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from gateway.store.access_tables import AccessKeyRow, KeyUsageRow

_ADD = text(
    "insert into key_usage (organisation, key_id, day, requests, last_used_at) "
    "values (:organisation, :key_id, :day, :requests, :last_used_at) "
    "on conflict (organisation, key_id, day) do update set "
    "requests = key_usage.requests + excluded.requests, "
    "last_used_at = greatest(key_usage.last_used_at, excluded.last_used_at) returning requests"
)


async def find(session: AsyncSession, key_id: str) -> AccessKeyRow | None:
    """Return a key: any for the system role, else one of the session's organisation."""
    return await session.get(AccessKeyRow, key_id)


async def page(
    session: AsyncSession, kind: str, *, after: tuple[datetime, str] | None, limit: int
) -> Sequence[tuple[AccessKeyRow, datetime | None]]:
    """Return keys from the oldest on, each with when it was last used."""
    used = (
        select(func.max(KeyUsageRow.last_used_at))
        .where(col(KeyUsageRow.key_id) == col(AccessKeyRow.id))
        .correlate(AccessKeyRow)
        .scalar_subquery()
    )
    order = tuple_(col(AccessKeyRow.created_at), col(AccessKeyRow.id))
    query = select(AccessKeyRow, used).where(col(AccessKeyRow.kind) == kind)
    if after is not None:
        query = query.where(order > after)
    rows = await session.execute(
        query.order_by(col(AccessKeyRow.created_at), col(AccessKeyRow.id)).limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


async def revoke(session: AsyncSession, key_id: str, kind: str, now: datetime) -> bool:
    """End a key; tell whether the organisation has it. Ending it again changes nothing."""
    result = await session.execute(
        update(AccessKeyRow)
        .where(col(AccessKeyRow.id) == key_id, col(AccessKeyRow.kind) == kind)
        .values(revoked_at=func.coalesce(col(AccessKeyRow.revoked_at), now))
        .returning(col(AccessKeyRow.id))
    )
    return result.first() is not None


async def revoke_addresses_of(session: AsyncSession, subject: str, now: datetime) -> None:
    """End the addresses that somebody made."""
    await session.execute(
        update(AccessKeyRow)
        .where(
            col(AccessKeyRow.created_by) == subject,
            col(AccessKeyRow.kind).in_(("url", "field")),
            col(AccessKeyRow.revoked_at).is_(None),
        )
        .values(revoked_at=now)
    )


async def add_usage(
    session: AsyncSession,
    organisation: UUID,
    key_id: str,
    *,
    day: date,
    requests: int,
    last_used_at: datetime,
) -> int:
    """Add requests to a key's day; return the day's sum over all replicas."""
    result = await session.execute(
        _ADD,
        {
            "organisation": organisation,
            "key_id": key_id,
            "day": day,
            "requests": requests,
            "last_used_at": last_used_at,
        },
    )
    return int(result.scalar_one())
