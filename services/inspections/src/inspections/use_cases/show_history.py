"""Show the history of a place: its visits with what they found, newest first."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import inspections
from inspections.store.tables import InspectionRow, VisitRow
from inspections.use_cases import messages
from shared.contracts.inspections import Inspection, TimelineEntry


async def timeline(
    session: AsyncSession, rows: Sequence[VisitRow], *, hide_score: bool
) -> list[TimelineEntry]:
    """Join visits with their inspections and findings, in the order given."""
    found = await inspections.of_visits(session, [row.id for row in rows])
    written = {it.visit_id: it for it in await with_findings(session, list(found.values()))}
    return [
        TimelineEntry(
            visit=messages.visit(row, hide_score=hide_score), inspection=written.get(row.id)
        )
        for row in rows
    ]


async def with_findings(session: AsyncSession, rows: Sequence[InspectionRow]) -> list[Inspection]:
    """Write inspections with their findings, in the order given."""
    findings = await inspections.findings_of(session, [row.id for row in rows])
    return [messages.inspection(row, findings[row.id]) for row in rows]
