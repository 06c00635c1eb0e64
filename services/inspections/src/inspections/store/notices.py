"""Notices in the database."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.store.rows import Row, among, columns, insert_rows, values_of
from inspections.store.tables import NoticeRow, NoticeStepRow

LABELS = text(
    "select distinct on (item.value->>'code') item.value->>'code' as code, "
    "item.value->>'label_fr' as fr, item.value->>'label_en' as en "
    "from checklist, jsonb_array_elements(checklist.items) as item (value) "
    "where item.value->>'code' = any(:codes) "
    "order by item.value->>'code', checklist.published_at desc, checklist.version desc"
)
LOCK = text("select pg_advisory_xact_lock(hashtextextended('notice:' || :organisation, 0))")


async def by_sent_as(session: AsyncSession, key: str) -> NoticeRow | None:
    """Find the notice that came with a key."""
    statement = select(NoticeRow).where(col(NoticeRow.sent_as) == key)
    return (await session.execute(statement)).scalar_one_or_none()


async def next_number(session: AsyncSession, organisation: UUID, year: int) -> str:
    """Give the next number of a year; others wait for theirs until the transaction ends."""
    await session.execute(LOCK, {"organisation": str(organisation)})
    statement = select(func.count()).where(col(NoticeRow.number).startswith(f"{year}-"))
    return f"{year}-{int((await session.execute(statement)).scalar_one()) + 1:04}"


async def insert_new(session: AsyncSession, row: Row) -> None:
    """Insert a notice."""
    await insert_rows(session, NoticeRow, [row])


async def insert_step(session: AsyncSession, row: Row) -> None:
    """Insert that a notice was received or answered."""
    await insert_rows(session, NoticeStepRow, [row])


async def lock(session: AsyncSession, id: UUID) -> None:
    """Keep others from telling what happened to a notice until the transaction ends."""
    await session.execute(
        text("select pg_advisory_xact_lock(hashtextextended('notice:' || :id, 0))"), {"id": str(id)}
    )


async def steps_of(
    session: AsyncSession, notice_ids: Sequence[object], names: Sequence[str]
) -> dict[object, list[dict[str, object]]]:
    """List what happened to notices by the columns `names`, in order."""
    row = NoticeStepRow
    statement = (
        columns(row, ("notice_id", *names))
        .where(among(col(row.notice_id), notice_ids))
        .order_by(col(row.occurred_at), col(row.kind).desc())
    )
    found: dict[object, list[dict[str, object]]] = {id: [] for id in notice_ids}
    for it in await values_of(session, statement):
        found[it.pop("notice_id")].append(it)
    return found


async def labels_of(session: AsyncSession, codes: Iterable[str]) -> dict[str, dict[str, str]]:
    """Find how people call items, as the last checklist to hold each says."""
    rows = await session.execute(LABELS, {"codes": sorted(set(codes))})
    return {row.code: {"fr": row.fr, "en": row.en} for row in rows}
