"""Our copy of the record: what the feed of inspections told, and the history made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, LiteralString, cast
from uuid import UUID

import polars as pl
from psycopg import sql
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from scoring.domain.history import ACCOMMODATION_SCHEMA, FINDING_SCHEMA, VISIT_SCHEMA, History
from scoring.store.rows import Row, insert_rows
from scoring.store.tables import AccommodationRow, FindingRow, VisitRow

if TYPE_CHECKING:
    import psycopg

_ACCOMMODATIONS: Final = """
    select id as accommodation_id, kind, operator, lon, lat, rooms, capacity,
        (extract(epoch from opened_on::timestamp) * 1000000)::bigint as opened_at
    from accommodation order by id
"""
_VISITS: Final = """
    select v.inspection_id, v.accommodation_id, v.kind, v.outcome, v.observed,
        (extract(epoch from v.occurred_at) * 1000000)::bigint as occurred_at,
        (extract(epoch from v.known_at) * 1000000)::bigint as known_at,
        array_to_string(v.inspector_ids, ' ') as inspector_ids
    from visit v join accommodation a on a.id = v.accommodation_id order by v.inspection_id
"""
_FINDINGS: Final = "select inspection_id, item, category, severity, critical from finding"


@dataclass(frozen=True, slots=True)
class HistoryFiles:
    """A history as CSV files in memory."""

    accommodations: bytes
    visits: bytes
    findings: bytes


async def _alone(session: AsyncSession) -> None:
    """Let one transaction at a time change what is stale in an organisation.

    Two that marked and took the same places in another order would wait for each other for ever.
    """
    await session.execute(
        text(
            "select pg_advisory_xact_lock("
            "hashtextextended('stale:' || current_setting('app.organisation'), 0))"
        )
    )


async def keep_accommodations(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Keep places as told last; an older telling changes nothing."""
    await _alone(session)
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
    await _alone(session)
    await session.execute(update(AccommodationRow).values(stale=True))


async def take_stale(session: AsyncSession) -> list[UUID]:
    """Take the places to be scored; they stay taken if the transaction commits."""
    await _alone(session)
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
    await _alone(session)
    await session.execute(
        text(
            "update accommodation a set stale = true where not exists (select from latest_score l "
            "where l.organisation = a.organisation and l.accommodation_id = a.id "
            "and l.computed_at >= :older_than)"
        ),
        {"older_than": older_than},
    )


async def read_history(session: AsyncSession) -> HistoryFiles:
    """Read what a history is made of as CSV; `history_of` turns it into one.

    COPY and one parse take a third of the time that rows as Python objects take.
    """
    return HistoryFiles(
        accommodations=await _copied(session, _ACCOMMODATIONS),
        visits=await _copied(session, _VISITS),
        findings=await _copied(session, _FINDINGS),
    )


async def _copied(session: AsyncSession, query: LiteralString) -> bytes:
    raw = await (await session.connection()).get_raw_connection()
    # Driver-level, because SQLAlchemy has no COPY; the transaction and its organisation are ours.
    driver = cast("psycopg.AsyncConnection[tuple[object, ...]]", raw.driver_connection)
    statement = sql.SQL("copy ({}) to stdout (format csv, header)").format(sql.SQL(query))
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        return b"".join([bytes(block) async for block in copy])


def history_of(files: HistoryFiles) -> History:
    """Turn CSV into a history; some tens of milliseconds for thousands of visits."""
    accommodations = pl.read_csv(files.accommodations, infer_schema=False)
    visits = pl.read_csv(files.visits, infer_schema=False)
    findings = pl.read_csv(files.findings, infer_schema=False)
    inspectors = pl.col("inspector_ids").str.split(" ")
    return History(
        accommodations.with_columns(opened_at=_moment("opened_at")).cast(ACCOMMODATION_SCHEMA),
        visits.with_columns(
            occurred_at=_moment("occurred_at"),
            known_at=_moment("known_at"),
            observed=pl.col("observed") == "t",
            inspector_ids=pl.when(pl.col("inspector_ids") != "").then(inspectors),
        ).cast(VISIT_SCHEMA),
        findings.with_columns(critical=pl.col("critical") == "t").cast(FINDING_SCHEMA),
    )


def _moment(column: str) -> pl.Expr:
    moment = pl.from_epoch(pl.col(column).cast(pl.Int64), time_unit="us")
    return moment.dt.replace_time_zone("UTC")
