"""Audit draws in the database: written once, read with what came of them."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from scoring.store.rows import Row, insert_rows
from scoring.store.tables import AuditDrawRow, AuditPickRow


async def alone(session: AsyncSession) -> None:
    """Let one transaction at a time draw in an organisation: a second finds what was drawn."""
    await session.execute(
        text(
            "select pg_advisory_xact_lock("
            "hashtextextended('audit:' || current_setting('app.organisation'), 0))"
        )
    )


async def draws(
    session: AsyncSession, week: date, territories: Sequence[str]
) -> list[AuditDrawRow]:
    """List the draws of a week, of some territories or of all if none is named."""
    statement = select(AuditDrawRow).where(col(AuditDrawRow.week) == week)
    if territories:
        statement = statement.where(col(AuditDrawRow.territory).in_(territories))
    return list((await session.execute(statement.order_by(col(AuditDrawRow.territory)))).scalars())


async def picks(session: AsyncSession, week: date) -> list[AuditPickRow]:
    """List the places drawn for a week."""
    statement = select(AuditPickRow).where(col(AuditPickRow.week) == week)
    ordered = statement.order_by(col(AuditPickRow.stratum), col(AuditPickRow.accommodation_id))
    return list((await session.execute(ordered)).scalars())


async def add(session: AsyncSession, drawn: Sequence[Row], picked: Sequence[Row]) -> None:
    """Write draws with their places."""
    await insert_rows(session, AuditDrawRow, drawn)
    await insert_rows(session, AuditPickRow, picked)


async def weekly_visits(
    session: AsyncSession, before: datetime, weeks: int, territories: Sequence[str]
) -> float:
    """Count the visits made in some territories in the weeks before, per week."""
    rows = await session.execute(
        text(
            "select count(*) from visit v join accommodation a on a.id = v.accommodation_id "
            "where v.outcome = 'done' and v.occurred_at < :before "
            "and v.occurred_at >= cast(:before as timestamptz) - make_interval(weeks => :weeks) "
            "and a.territory = any(:territories)"
        ),
        {"before": before, "weeks": weeks, "territories": list(territories)},
    )
    return float(rows.scalar_one()) / weeks


async def results(
    session: AsyncSession, since: date, until: date, territories: Sequence[str]
) -> Sequence[RowMapping]:
    """List drawn places with what the first visit that saw each within two weeks found."""
    rows = await session.execute(
        text(
            "select p.stratum, p.propensity, p.targeted, v.inspection_id is not null as seen, "
            "coalesce(v.positive, false) as positive from audit_pick p left join lateral ("
            "select i.inspection_id, exists (select from finding f "
            "where f.organisation = i.organisation and f.inspection_id = i.inspection_id "
            "and f.critical) as positive from visit i "
            "where i.organisation = p.organisation and i.accommodation_id = p.accommodation_id "
            "and i.outcome = 'done' and i.observed and i.occurred_at >= p.week "
            "and i.occurred_at < p.week + 14 order by i.occurred_at limit 1) v on true "
            "where p.week >= :since and p.week <= :until "
            "and (cast(:territories as varchar[]) is null or p.territory = any(:territories)) "
            "order by p.week, p.territory, p.accommodation_id"
        ),
        {"since": since, "until": until, "territories": list(territories) or None},
    )
    return rows.mappings().all()
