"""Show the history of a place: its visits with what they found, newest first."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import inspections, room_draws
from inspections.store.tables import InspectionRow
from inspections.use_cases import messages
from shared.contracts.inspections.inspection import Inspection, InspectionForm, RoomVisit

ROOM_FIELDS = set(RoomVisit.model_fields)
Values = Mapping[str, object]


async def inspections_of(session: AsyncSession, visits: Sequence[Values]) -> dict[object, Values]:
    """Write the inspections of visits with their findings, by visit."""
    by_visit = await inspections.of_visits(
        session, [it["id"] for it in visits], messages.INSPECTION
    )
    ids = [it["id"] for it in by_visit.values()]
    findings = await inspections.findings_of(session, ids, messages.FINDING)
    return {
        visit_id: messages.inspection_values(row, findings[row["id"]])
        for visit_id, row in by_visit.items()
    }


async def with_findings(session: AsyncSession, row: InspectionRow) -> Inspection:
    """Write an inspection with its findings."""
    findings = await inspections.findings_of(session, [row.id], messages.FINDING)
    return messages.inspection(row, findings[row.id])


async def filled_in(
    session: AsyncSession, id: UUID, territories: Sequence[str]
) -> InspectionForm | None:
    """Write an inspection as it was filled in; None when there is none at these territories."""
    row = await inspections.by_id(session, id, territories, answers=True)
    if row is None:
        return None
    rooms = await room_draws.visited(session, [id])
    return InspectionForm.model_validate(
        {
            "inspection_id": id,
            "instance_id": row.instance_id,
            "checklist": row.checklist,
            "checklist_version": row.checklist_version,
            "rooms": [room.model_dump(include=ROOM_FIELDS) for room in rooms.get(id, ())],
            "answers": row.answers,
        }
    )
