"""Show the history of a place: its visits with what they found, newest first."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import inspections
from inspections.store.tables import FindingRow, InspectionRow, VisitRow
from inspections.use_cases import messages
from shared.contracts.inspections import Inspection, TimelineEntry

Found = tuple[InspectionRow, list[FindingRow]]


async def inspections_of(session: AsyncSession, rows: Sequence[VisitRow]) -> dict[UUID, Found]:
    """Find the inspections of visits with their findings, by visit."""
    by_visit = await inspections.of_visits(session, [row.id for row in rows])
    findings = await inspections.findings_of(session, [it.id for it in by_visit.values()])
    return {visit_id: (row, findings[row.id]) for visit_id, row in by_visit.items()}


def timeline(
    rows: Sequence[VisitRow], found: Mapping[UUID, Found], *, hide_score: bool
) -> list[TimelineEntry]:
    """Join visits with what `inspections_of` found, in the order given."""
    return [
        TimelineEntry(
            visit=messages.visit(row, hide_score=hide_score),
            inspection=messages.inspection(*found[row.id]) if row.id in found else None,
        )
        for row in rows
    ]


async def with_findings(session: AsyncSession, row: InspectionRow) -> Inspection:
    """Write an inspection with its findings."""
    findings = await inspections.findings_of(session, [row.id])
    return messages.inspection(row, findings[row.id])
