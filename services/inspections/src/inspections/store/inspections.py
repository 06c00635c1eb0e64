"""Inspections and findings in the database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlmodel import col

from inspections.domain.form_comparison import FilledForm
from inspections.store import room_draws
from inspections.store.listed import Listing, newest
from inspections.store.rows import (
    Moment,
    Row,
    among,
    columns,
    insert_rows,
    values_of,
)
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
    session: AsyncSession,
    wanted: InspectionFilter,
    names: Sequence[str],
    *,
    after: Moment | None,
    limit: int,
) -> list[dict[str, object]]:
    """List inspections by the columns `names`, newest first, after the one that `after` names."""
    listing = Listing(InspectionRow, names, by="occurred_at")
    return await newest(session, listing, wanted.conditions(), after=after, limit=limit)


async def page_of_findings(
    session: AsyncSession,
    wanted: FindingFilter,
    names: Sequence[str],
    *,
    after: Moment | None,
    limit: int,
) -> list[dict[str, object]]:
    """List findings by the columns `names`, newest first, after the one that `after` names."""
    listing = Listing(FindingRow, names, by="occurred_at")
    return await newest(session, listing, wanted.conditions(), after=after, limit=limit)


async def by_id(
    session: AsyncSession, id: UUID, territories: Sequence[str], *, answers: bool = False
) -> InspectionRow | None:
    """Find an inspection of a place of these territories."""
    statement = select(InspectionRow).where(
        col(InspectionRow.id) == id,
        at_places_in(col(InspectionRow.accommodation_id), territories),
    )
    if not answers:
        statement = statement.options(LIGHT)
    return (await session.execute(statement)).scalar_one_or_none()


async def finding_by_id(
    session: AsyncSession, id: UUID, territories: Sequence[str] = ()
) -> FindingRow | None:
    """Find a finding at a place of these territories."""
    statement = select(FindingRow).where(
        col(FindingRow.id) == id, at_places_in(col(FindingRow.accommodation_id), territories)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def of_visits(
    session: AsyncSession, visit_ids: Iterable[object], names: Sequence[str]
) -> dict[object, dict[str, object]]:
    """Find the inspections of visits by the columns `names`, by visit."""
    statement = columns(InspectionRow, names).where(among(col(InspectionRow.visit_id), visit_ids))
    return {row["visit_id"]: row for row in await values_of(session, statement)}


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


async def filled_forms(
    session: AsyncSession, visit_ids: Iterable[UUID]
) -> dict[UUID, tuple[UUID, FilledForm]]:
    """Find what the inspections of visits were filled in with, by visit, with their ids."""
    row = InspectionRow
    statement = select(
        col(row.visit_id),
        col(row.id),
        col(row.outcome),
        col(row.checklist),
        col(row.checklist_version),
        col(row.rooms_seen),
        col(row.answers),
    ).where(among(col(row.visit_id), visit_ids))
    found = (await session.execute(statement)).all()
    rooms = await room_draws.visited(session, [it.id for it in found])
    return {
        it.visit_id: (
            it.id,
            FilledForm(
                outcome=it.outcome,
                checklist=f"{it.checklist} {it.checklist_version}",
                rooms_seen=it.rooms_seen,
                rooms={room.room: room.outcome for room in rooms.get(it.id, ())},
                answers={
                    (answer["item"], answer.get("room") or None): (
                        answer["value"],
                        answer.get("note") or "",
                    )
                    for answer in it.answers
                },
            ),
        )
        for it in found
    }


async def findings_of(
    session: AsyncSession, inspection_ids: Sequence[object], names: Sequence[str]
) -> dict[object, list[dict[str, object]]]:
    """Find the findings of inspections by the columns `names`, the worst first."""
    statement = (
        columns(FindingRow, names)
        .where(among(col(FindingRow.inspection_id), inspection_ids))
        .order_by(col(FindingRow.severity).desc(), col(FindingRow.item), col(FindingRow.room))
    )
    found: dict[object, list[dict[str, object]]] = {id: [] for id in inspection_ids}
    for row in await values_of(session, statement):
        found[row["inspection_id"]].append(row)
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
