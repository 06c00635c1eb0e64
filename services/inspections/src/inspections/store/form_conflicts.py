"""Forms that compete with what the record holds of their visit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.store.rows import Moment, Row, among, insert_rows, older_than
from inspections.store.scope import at_places_in
from inspections.store.tables import FormConflictRow


@dataclass(frozen=True, slots=True)
class ConflictFilter:
    """What to list; None and empty keep everything."""

    territories: Sequence[str] = ()
    accommodation_id: UUID | None = None
    visit_id: UUID | None = None
    is_open: bool | None = None

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        """Yield what the rows must fulfil."""
        row = FormConflictRow
        yield at_places_in(col(row.accommodation_id), self.territories)
        if self.accommodation_id is not None:
            yield col(row.accommodation_id) == self.accommodation_id
        if self.visit_id is not None:
            yield col(row.visit_id) == self.visit_id
        if self.is_open is not None:
            undecided = col(row.decision).is_(None)
            yield undecided if self.is_open else ~undecided


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided of a form; `recorded_as` is the inspection it became, if it did."""

    decision: str
    decided_by: str
    reason: str
    recorded_as: UUID | None


async def page(
    session: AsyncSession, wanted: ConflictFilter, *, after: Moment | None, limit: int
) -> list[FormConflictRow]:
    """List conflicts, newest first, after the one that `after` names."""
    order = (col(FormConflictRow.received_at), col(FormConflictRow.id))
    statement = (
        select(FormConflictRow)
        .where(*wanted.conditions(), older_than(*order, after))
        .order_by(*(column.desc() for column in order))
        .limit(limit)
    )
    return list((await session.execute(statement)).scalars())


async def by_id(
    session: AsyncSession, id: UUID, territories: Sequence[str], *, lock: bool = False
) -> FormConflictRow | None:
    """Find a conflict at a place of these territories."""
    statement = select(FormConflictRow).where(
        col(FormConflictRow.id) == id,
        at_places_in(col(FormConflictRow.accommodation_id), territories),
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(statement)).scalar_one_or_none()


async def by_instances(
    session: AsyncSession, instance_ids: Iterable[UUID]
) -> dict[UUID, FormConflictRow]:
    """Find the conflicts these devices' forms are in, by form."""
    statement = select(FormConflictRow).where(among(col(FormConflictRow.instance_id), instance_ids))
    return {row.instance_id: row for row in (await session.execute(statement)).scalars()}


async def insert_new(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Insert conflicts."""
    await insert_rows(session, FormConflictRow, rows)


async def decide(
    session: AsyncSession, row: FormConflictRow, decision: Decision
) -> FormConflictRow:
    """Write what was decided."""
    statement = (
        update(FormConflictRow)
        .where(col(FormConflictRow.id) == row.id)
        .values(
            decision=decision.decision,
            decided_by=decision.decided_by,
            decided_at=func.now(),
            reason=decision.reason,
            recorded_as=decision.recorded_as,
        )
        .returning(FormConflictRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()
