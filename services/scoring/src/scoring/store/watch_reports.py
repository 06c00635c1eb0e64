"""Watch reports in the database: written once a week, held against by later ones."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from scoring.store.rows import Row, insert_rows
from scoring.store.tables import WatchReportRow


async def scores(session: AsyncSession) -> Sequence[RowMapping]:
    """List the newest score of every place in use, those computed last first."""
    rows = await session.execute(
        text(
            "select l.accommodation_id, s.probability, s.method, s.model_id from latest_score l "
            "join score s on s.id = l.score_id join accommodation a on a.id = l.accommodation_id "
            "and a.merged_into is null and a.contract_state <> 'withdrawn' "
            "order by s.computed_at desc, l.accommodation_id"
        )
    )
    return rows.mappings().all()


async def beliefs(session: AsyncSession, since: datetime) -> Sequence[RowMapping]:
    """List visits with the score their place had just before."""
    rows = await session.execute(
        text(
            "select v.inspection_id, s.probability, s.visits_known, s.method, s.model_id "
            "from visit v join lateral ("
            "select s.probability, s.visits_known, s.method, s.model_id from score s "
            "where s.organisation = v.organisation and s.accommodation_id = v.accommodation_id "
            "and s.computed_at < v.occurred_at order by s.computed_at desc limit 1) s on true "
            "where v.outcome = 'done' and v.observed and v.occurred_at >= :since"
        ),
        {"since": since},
    )
    return rows.mappings().all()


async def oldest_since(
    session: AsyncSession, since: date, *, method: str, model_id: str | None
) -> WatchReportRow | None:
    """Find the first report since a day on what scores by the same method or model."""
    statement = (
        select(WatchReportRow)
        .where(
            col(WatchReportRow.week) >= since,
            col(WatchReportRow.method) == method,
            col(WatchReportRow.model_id).is_not_distinct_from(model_id),
        )
        .order_by(col(WatchReportRow.week))
        .limit(1)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def by_week(session: AsyncSession, week: date) -> WatchReportRow | None:
    """Find the report of a week."""
    statement = select(WatchReportRow).where(col(WatchReportRow.week) == week)
    return (await session.execute(statement)).scalar_one_or_none()


async def page(session: AsyncSession, *, before: date | None, limit: int) -> list[WatchReportRow]:
    """List reports, the newest first."""
    statement = select(WatchReportRow).order_by(col(WatchReportRow.week).desc()).limit(limit)
    if before is not None:
        statement = statement.where(col(WatchReportRow.week) < before)
    return list((await session.execute(statement)).scalars())


async def add(session: AsyncSession, values: Row) -> None:
    """Write a report."""
    await insert_rows(session, WatchReportRow, [values])
