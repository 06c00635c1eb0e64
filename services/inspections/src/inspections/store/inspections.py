"""Inspections and findings in the database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlmodel import col

from inspections.store.rows import Moment, Row, among, insert_rows, older_than
from inspections.store.scope import at_places_in
from inspections.store.tables import FindingRow, InspectionRow

# Answers are most of a row and are not part of what is listed.
LIGHT = defer(InspectionRow.answers, raiseload=True)  # type: ignore[arg-type] # SQLModel types it as its value


@dataclass(frozen=True, slots=True)
class InspectionFilter:
    """What to list; None and empty keep everything."""

    territories: Sequence[str] = ()
    accommodation_id: UUID | None = None
    visit_id: UUID | None = None
    grade: str | None = None
    since: datetime | None = None

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        """Yield what the rows must fulfil."""
        row = InspectionRow
        yield at_places_in(col(row.accommodation_id), self.territories)
        if self.accommodation_id is not None:
            yield col(row.accommodation_id) == self.accommodation_id
        if self.visit_id is not None:
            yield col(row.visit_id) == self.visit_id
        if self.grade is not None:
            yield col(row.grade) == self.grade
        if self.since is not None:
            yield col(row.occurred_at) >= self.since


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """What to list; None and empty keep everything."""

    territories: Sequence[str] = ()
    accommodation_id: UUID | None = None
    category: str | None = None
    severity_min: int = 1
    since: datetime | None = None

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        """Yield what the rows must fulfil."""
        row = FindingRow
        yield at_places_in(col(row.accommodation_id), self.territories)
        yield col(row.severity) >= self.severity_min
        if self.accommodation_id is not None:
            yield col(row.accommodation_id) == self.accommodation_id
        if self.category is not None:
            yield col(row.category) == self.category
        if self.since is not None:
            yield col(row.occurred_at) >= self.since


async def page(
    session: AsyncSession, wanted: InspectionFilter, *, after: Moment | None, limit: int
) -> list[InspectionRow]:
    """List inspections, newest first, after the one that `after` names."""
    order = (col(InspectionRow.occurred_at), col(InspectionRow.id))
    statement = (
        select(InspectionRow)
        .options(LIGHT)
        .where(*wanted.conditions(), older_than(*order, after))
        .order_by(*(column.desc() for column in order))
        .limit(limit)
    )
    return list((await session.execute(statement)).scalars())


async def page_of_findings(
    session: AsyncSession, wanted: FindingFilter, *, after: Moment | None, limit: int
) -> list[FindingRow]:
    """List findings, newest first, after the one that `after` names."""
    order = (col(FindingRow.occurred_at), col(FindingRow.id))
    statement = (
        select(FindingRow)
        .where(*wanted.conditions(), older_than(*order, after))
        .order_by(*(column.desc() for column in order))
        .limit(limit)
    )
    return list((await session.execute(statement)).scalars())


async def by_id(
    session: AsyncSession, id: UUID, territories: Sequence[str]
) -> InspectionRow | None:
    """Find an inspection of a place of these territories."""
    statement = (
        select(InspectionRow)
        .options(LIGHT)
        .where(
            col(InspectionRow.id) == id,
            at_places_in(col(InspectionRow.accommodation_id), territories),
        )
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def of_visits(session: AsyncSession, visit_ids: Iterable[UUID]) -> dict[UUID, InspectionRow]:
    """Find the inspections of visits, by visit."""
    statement = (
        select(InspectionRow).options(LIGHT).where(among(col(InspectionRow.visit_id), visit_ids))
    )
    return {row.visit_id: row for row in (await session.execute(statement)).scalars()}


async def by_instances(
    session: AsyncSession, instance_ids: Iterable[UUID]
) -> dict[UUID, InspectionRow]:
    """Find the inspections already recorded of these devices' forms, by form."""
    statement = (
        select(InspectionRow)
        .options(LIGHT)
        .where(among(col(InspectionRow.instance_id), instance_ids))
    )
    return {row.instance_id: row for row in (await session.execute(statement)).scalars()}


async def findings_of(
    session: AsyncSession, inspection_ids: Sequence[UUID]
) -> dict[UUID, list[FindingRow]]:
    """Find the findings of inspections, the worst first."""
    statement = (
        select(FindingRow)
        .where(among(col(FindingRow.inspection_id), inspection_ids))
        .order_by(col(FindingRow.severity).desc(), col(FindingRow.item), col(FindingRow.room))
    )
    found: dict[UUID, list[FindingRow]] = {id: [] for id in inspection_ids}
    for row in (await session.execute(statement)).scalars():
        found[row.inspection_id].append(row)
    return found


async def insert_new(
    session: AsyncSession, inspections: Sequence[Row], findings: Sequence[Row]
) -> set[UUID]:
    """Insert inspections with their findings; mark and return the findings that are repeats.

    A repeat was also found, in the same room, within the twelve months before.
    """
    await insert_rows(session, InspectionRow, inspections)
    await insert_rows(session, FindingRow, findings)
    repeats = await session.execute(
        text(
            "update finding set repeat = true where inspection_id = any(:ids) and exists ("
            "select from finding as before "
            "where before.accommodation_id = finding.accommodation_id "
            "and before.item = finding.item and before.room is not distinct from finding.room "
            "and before.occurred_at < finding.occurred_at "
            "and before.occurred_at >= finding.occurred_at - interval '12 months') "
            "returning id"
        ),
        {"ids": [row["id"] for row in inspections]},
    )
    return set(repeats.scalars())
