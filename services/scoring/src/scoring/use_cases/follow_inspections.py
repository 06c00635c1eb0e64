"""Take what the feed of inspections tells into our own copy of the record."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from scoring.store import record
from scoring.store.rows import Row
from shared.contracts.inspections import AccommodationChanged, InspectionRecorded
from shared.contracts.message import Event

ACCOMMODATION_CHANGED = "accommodation.changed"
INSPECTION_RECORDED = "inspection.recorded"


async def follow_inspections(session: AsyncSession, events: Sequence[Event]) -> None:
    """Keep places and visits told by events, which may come twice; other kinds are let go."""
    # Of several tellings of a place the last one counts.
    places = {it.subject_id: it for it in events if it.kind == ACCOMMODATION_CHANGED}
    await record.keep_accommodations(session, [_accommodation(it) for it in places.values()])
    recorded = [
        (it, InspectionRecorded.model_validate(it.data))
        for it in events
        if it.kind == INSPECTION_RECORDED
    ]
    if recorded:
        visits = [_visit(event, inspection) for event, inspection in recorded]
        findings = [row for event, inspection in recorded for row in _findings(event, inspection)]
        await record.keep_visits(session, visits, findings)


def _accommodation(event: Event) -> Row:
    place = AccommodationChanged.model_validate(event.data)
    return {
        "organisation": event.organisation,
        "id": event.subject_id,
        **place.model_dump(mode="json", exclude={"position"}),
        "lon": None if place.position is None else place.position.lon,
        "lat": None if place.position is None else place.position.lat,
        "position": event.position,
        "stale": True,
    }


def _visit(event: Event, inspection: InspectionRecorded) -> Row:
    # What is in the feed is known, even where the usual entry delay would make it known tomorrow.
    known_at = min(inspection.known_at, event.recorded_at, datetime.now(UTC))
    return {
        "organisation": event.organisation,
        "inspection_id": event.subject_id,
        "accommodation_id": inspection.accommodation_id,
        "kind": inspection.visit_kind,
        "outcome": inspection.outcome,
        # Without a grade nothing was seen, and what nobody saw is not clean.
        "observed": inspection.grade is not None,
        "origin": inspection.origin,
        "occurred_at": inspection.occurred_at,
        "known_at": known_at,
        "inspector_ids": [str(inspector) for inspector in inspection.inspector_ids],
        "next_due_on": inspection.next_due_on,
    }


def _findings(event: Event, inspection: InspectionRecorded) -> list[Row]:
    return [
        {
            "organisation": event.organisation,
            "inspection_id": event.subject_id,
            "number": number,
            "item": finding.item,
            "category": finding.category,
            "severity": finding.severity,
            "critical": finding.critical,
        }
        for number, finding in enumerate(inspection.findings)
    ]
