"""Our copy of the record: what the feed of inspections told, and the history made of it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import polars as pl
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from scoring.domain.history import ACCOMMODATION_SCHEMA, FINDING_SCHEMA, VISIT_SCHEMA, History
from scoring.store.rows import Row, insert_rows
from scoring.store.tables import AccommodationRow, FindingRow, VisitRow

Rows = Sequence[tuple[object, ...]]


async def keep_accommodations(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Keep places as told last; an older telling changes nothing."""
    columns = [name for name in (rows[0] if rows else ()) if name not in {"organisation", "id"}]
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
    await insert_rows(
        session,
        AccommodationRow,
        rows,
        f"on conflict (organisation, id) do update set {changes} "
        "where accommodation.position < excluded.position",
    )


async def keep_visits(
    session: AsyncSession, visits: Sequence[Row], findings: Sequence[Row]
) -> None:
    """Keep visits with their findings, each once, and mark their places as stale."""
    await insert_rows(session, VisitRow, visits, "on conflict do nothing")
    await insert_rows(session, FindingRow, findings, "on conflict do nothing")
    places = {visit["accommodation_id"] for visit in visits}
    await session.execute(
        update(AccommodationRow).where(col(AccommodationRow.id).in_(places)).values(stale=True)
    )


async def mark_all_stale(session: AsyncSession) -> None:
    """Ask for every place to be scored again."""
    await session.execute(update(AccommodationRow).values(stale=True))


async def take_stale(session: AsyncSession) -> list[UUID]:
    """Take the places to be scored; they stay taken if the transaction commits."""
    statement = (
        update(AccommodationRow)
        .where(col(AccommodationRow.stale))
        .values(stale=False)
        .returning(col(AccommodationRow.id))
    )
    return sorted((await session.execute(statement)).scalars())


async def organisations_with_stale(session: AsyncSession) -> list[UUID]:
    """List whose places are stale; a system session's."""
    statement = select(col(AccommodationRow.organisation)).where(col(AccommodationRow.stale))
    return sorted((await session.execute(statement.distinct())).scalars())


async def organisations_to_score(session: AsyncSession, older_than: datetime) -> list[UUID]:
    """List whose places are stale, never scored or scored too long ago; a system session's."""
    rows = await session.execute(
        text(
            "select distinct a.organisation from accommodation a left join latest_score l "
            "on l.organisation = a.organisation and l.accommodation_id = a.id "
            "where a.stale or l.computed_at is null or l.computed_at < :older_than"
        ),
        {"older_than": older_than},
    )
    return sorted(rows.scalars())


async def mark_old_stale(session: AsyncSession, older_than: datetime) -> None:
    """Ask for the places never scored, or scored too long ago, to be scored again."""
    await session.execute(
        text(
            "update accommodation a set stale = true where not exists (select from latest_score l "
            "where l.organisation = a.organisation and l.accommodation_id = a.id "
            "and l.computed_at >= :older_than)"
        ),
        {"older_than": older_than},
    )


async def accommodation_ids(session: AsyncSession) -> list[UUID]:
    """List all places."""
    return sorted((await session.execute(select(col(AccommodationRow.id)))).scalars())


async def history_rows(session: AsyncSession) -> tuple[Rows, Rows, Rows]:
    """Read what a history is made of, as plain rows; `history_of` turns them into one."""
    accommodations = await session.execute(
        text(
            "select id::text, kind, operator, lon, lat, rooms::float, capacity::float, "
            "opened_on::timestamp at time zone 'UTC' from accommodation order by id"
        )
    )
    visits = await session.execute(
        text(
            "select v.inspection_id::text, v.accommodation_id::text, v.kind, v.outcome, "
            "v.occurred_at, v.known_at, v.inspector_ids::text[] from visit v "
            "join accommodation a on a.id = v.accommodation_id order by 1"
        )
    )
    findings = await session.execute(
        text("select inspection_id::text, item, category, severity, critical from finding")
    )
    return (
        [tuple(row) for row in accommodations],
        [tuple(row) for row in visits],
        [tuple(row) for row in findings],
    )


def history_of(rows: tuple[Rows, Rows, Rows]) -> History:
    """Turn rows into a history; some tens of milliseconds for thousands of visits."""
    accommodations, visits, findings = rows
    return History(
        pl.DataFrame(accommodations, schema=ACCOMMODATION_SCHEMA, orient="row"),
        pl.DataFrame(visits, schema=VISIT_SCHEMA, orient="row"),
        pl.DataFrame(findings, schema=FINDING_SCHEMA, orient="row"),
    )
