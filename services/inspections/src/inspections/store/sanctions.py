"""Sanctions in the database, and what the record says of where a place stands."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.domain.anomaly import AnomalyState, Responsibility
from inspections.domain.sanction import (
    BOOKINGS,
    LADDER,
    Hold,
    SanctionState,
    SanctionStep,
    Standing,
)
from inspections.store.anomalies import is_overdue
from inspections.store.rows import Row, among, insert_rows
from inspections.store.tables import AnomalyRow, InspectionRow, SanctionRow


async def by_sent_as(session: AsyncSession, key: str) -> SanctionRow | None:
    """Find the sanction that came with a key."""
    statement = select(SanctionRow).where(col(SanctionRow.sent_as) == key)
    return (await session.execute(statement)).scalar_one_or_none()


async def proposed(session: AsyncSession, place: UUID, step: str) -> SanctionRow | None:
    """Find the step of a place that is proposed and not decided."""
    row = SanctionRow
    statement = select(row).where(
        col(row.accommodation_id) == place,
        col(row.step) == step,
        col(row.state) == SanctionState.proposed,
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def insert_new(session: AsyncSession, row: Row) -> None:
    """Insert a sanction."""
    await insert_rows(session, SanctionRow, [row])


async def standing(session: AsyncSession, place: UUID, now: datetime) -> Standing:
    """Say where a place stands."""
    in_force, since = await _in_force(session, place)
    graded_at, grade = await _last_grade(session, place)
    operators = (
        col(AnomalyRow.accommodation_id) == place,
        col(AnomalyRow.responsibility) == Responsibility.operator,
    )
    dangers = select(func.count()).where(
        *operators, col(AnomalyRow.state) != AnomalyState.verified, col(AnomalyRow.critical)
    )
    overdue = select(func.count()).select_from(AnomalyRow).where(*operators, is_overdue(now))
    return Standing(
        in_force=in_force,
        since=since,
        open_danger=bool((await session.execute(dangers)).scalar_one()),
        overdue=int((await session.execute(overdue)).scalar_one()),
        graded_at=graded_at,
        grade=grade,
    )


async def _in_force(
    session: AsyncSession, place: UUID
) -> tuple[SanctionStep | None, datetime | None]:
    """Find the highest step since the last reinstatement, and since when it stands."""
    row = SanctionRow
    statement = (
        select(col(row.step), col(row.decided_at))
        .where(col(row.accommodation_id) == place, col(row.state) == SanctionState.decided)
        .order_by(col(row.decided_at), col(row.id))
    )
    highest: tuple[SanctionStep | None, datetime | None] = (None, None)
    for name, decided_at in await session.execute(statement):
        step = SanctionStep(name)
        if step == SanctionStep.reinstatement:
            highest = (None, None)
        elif highest[0] is None or LADDER.index(step) > LADDER.index(highest[0]):
            highest = (step, decided_at)
    return highest


async def _last_grade(session: AsyncSession, place: UUID) -> tuple[datetime | None, str | None]:
    row = InspectionRow
    statement = (
        select(col(row.occurred_at), col(row.grade))
        .where(
            col(row.accommodation_id) == place,
            col(row.outcome) == "done",
            col(row.grade).is_not(None),
        )
        .order_by(col(row.occurred_at).desc())
        .limit(1)
    )
    found = (await session.execute(statement)).first()
    return (None, None) if found is None else (found[0], found[1])


async def holds(session: AsyncSession, places: Sequence[UUID]) -> dict[UUID, Hold]:
    """Tell what keeps the register from changing the contracts of places."""
    steps = await _bearing(session, places)
    anomaly = AnomalyRow
    unsettled = select(col(anomaly.accommodation_id)).where(
        among(col(anomaly.accommodation_id), places),
        col(anomaly.responsibility) == Responsibility.operator,
        col(anomaly.state) != AnomalyState.verified,
    )
    open_at = set((await session.execute(unsettled.distinct())).scalars())
    return {place: Hold(steps.get(place), place in open_at) for place in places}


async def _bearing(session: AsyncSession, places: Sequence[UUID]) -> dict[UUID, str]:
    """Find the sanctions that are proposed, or in force and bear on bookings."""
    row = SanctionRow
    decided = (col(row.state) == SanctionState.decided) & col(row.step).in_(list(BOOKINGS))
    statement = (
        select(col(row.accommodation_id), col(row.step), col(row.state))
        .where(
            among(col(row.accommodation_id), places),
            decided | (col(row.state) == SanctionState.proposed),
        )
        .order_by(col(row.decided_at).nulls_last(), col(row.id))
    )
    found: dict[UUID, str] = {}
    for place, step, state in await session.execute(statement):
        if state == SanctionState.decided and step == SanctionStep.reinstatement:
            found.pop(place, None)
        else:
            found[place] = step
    return found
