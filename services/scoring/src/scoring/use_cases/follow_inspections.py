"""Take what the feed of inspections tells into our own copy of the record."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from scoring.store import record
from scoring.store.rows import Row
from shared.contracts.inspections.complaints import ComplaintRecorded
from shared.contracts.inspections.inspection import InspectionRecorded
from shared.contracts.inspections.places import AccommodationMerged
from shared.contracts.inspections.register import AccommodationChanged
from shared.contracts.inspections.reviews import InspectionReviewed
from shared.contracts.message import Event

ACCOMMODATION_CHANGED = "accommodation.changed"
ACCOMMODATION_MERGED = "accommodation.merged"
INSPECTION_RECORDED = "inspection.recorded"
INSPECTION_REVIEWED = "inspection.reviewed"
COMPLAINT_RECORDED = "complaint.recorded"


async def follow_inspections(session: AsyncSession, events: Sequence[Event]) -> None:
    """Keep what events tell of places, visits and complaints; they may come twice."""
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
    out = [
        it.subject_id
        for it in events
        if it.kind == INSPECTION_REVIEWED and not InspectionReviewed.model_validate(it.data).counts
    ]
    await record.forget_visits(session, out)
    complaints = [_complaint(it) for it in events if it.kind == COMPLAINT_RECORDED]
    if complaints:
        await record.keep_complaints(session, complaints)
    merges = [
        (it.subject_id, AccommodationMerged.model_validate(it.data).into)
        for it in events
        if it.kind == ACCOMMODATION_MERGED
    ]
    await record.merge_places(session, merges)
    await record.settle_merges(session)


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


def _complaint(event: Event) -> Row:
    complaint = ComplaintRecorded.model_validate(event.data)
    return {
        "organisation": event.organisation,
        "id": event.subject_id,
        **complaint.model_dump(mode="json", exclude={"known_at"}),
        "known_at": min(complaint.known_at, event.recorded_at, datetime.now(UTC)),
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
