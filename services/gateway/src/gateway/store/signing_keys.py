"""The keys the gateway signs with, as its replicas share them."""

from datetime import datetime, timedelta

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from gateway.store.access_tables import SigningKeyRow

_LOCK = 0x6B657973  # "keys": one replica at a time rotates.


async def read(session: AsyncSession) -> list[SigningKeyRow]:
    """Return all keys, the oldest first."""
    rows = await session.scalars(select(SigningKeyRow).order_by(col(SigningKeyRow.signs_from)))
    return list(rows)


async def lock(session: AsyncSession) -> None:
    """Let no other replica rotate until the transaction ends."""
    await session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


async def drop_superseded(session: AsyncSession, now: datetime, after: timedelta) -> None:
    """Forget the keys that another took over from so long ago that no token of theirs is good."""
    successor = (
        select(col(SigningKeyRow.signs_from))
        .where(col(SigningKeyRow.signs_from) <= now - after)
        .order_by(col(SigningKeyRow.signs_from).desc())
        .limit(1)
        .scalar_subquery()
    )
    await session.execute(delete(SigningKeyRow).where(col(SigningKeyRow.signs_from) < successor))
