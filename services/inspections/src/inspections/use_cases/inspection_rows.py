"""Write inspections as the rows that keep them and the events that tell them."""

from datetime import datetime
from uuid import UUID

from inspections.domain.calendar import local_day
from inspections.domain.grading import METHOD, GradedFinding
from inspections.use_cases.continue_anomalies import Continued
from inspections.use_cases.grade_inspections import Graded
from shared.contracts.inspections.inspection import InspectionRecorded
from shared.feed import NewEvent


def visit_row(organisation: UUID, it: Graded) -> dict[str, object]:
    """Write the finished visit of an inspection that comes without an appointment."""
    form = it.sent.form
    return {
        "organisation": str(organisation),
        "id": str(it.visit_id),
        "accommodation_id": str(form.accommodation_id),
        "kind": it.visit_kind,
        "state": form.outcome.value,
        "scheduled_at": form.occurred_at.isoformat(),
        "announced": False,
        "inspector_ids": [str(id) for id in form.inspector_ids],
        "started_at": form.started_at and form.started_at.isoformat(),
        "ended_at": form.ended_at and form.ended_at.isoformat(),
        "rooms_seen": form.rooms_seen,
    }


def inspection_row(organisation: UUID, it: Graded) -> dict[str, object]:
    """Write an inspection as its table keeps it."""
    form = it.sent.form
    return {
        "organisation": str(organisation),
        "id": str(it.id),
        "instance_id": str(form.instance_id),
        "digest": it.sent.digest,
        "accommodation_id": str(form.accommodation_id),
        "visit_id": str(it.visit_id),
        "visit_kind": it.visit_kind,
        "outcome": form.outcome.value,
        "checklist": form.checklist,
        "checklist_version": form.checklist_version,
        "occurred_at": form.occurred_at.isoformat(),
        "known_at": it.known_at.isoformat(),
        "known_at_stated": form.known_at is not None,
        "inspector_ids": [str(id) for id in it.inspector_ids],
        "rooms_seen": it.rooms_seen,
        # The register may know too few of them.
        "rooms_total": max(it.known.rooms, it.rooms_seen),
        "insalubrity_index": it.verdict.index,
        "coverage": it.verdict.coverage,
        "grade": it.verdict.grade,
        "grading": METHOD,
        "place_index": it.verdict.parts.place,
        "rooms_mean_index": it.verdict.parts.rooms_mean,
        "rooms_worst_index": it.verdict.parts.rooms_worst,
        "reinspect_by": it.reinspect_by and it.reinspect_by.isoformat(),
        **form.model_dump(mode="json", include={"answers"}, exclude_none=True),
    }


def finding_rows(organisation: UUID, it: Graded, continued: Continued) -> list[dict[str, object]]:
    """Write the findings of an inspection as their table keeps them, with their anomalies."""
    form = it.sent.form
    shared_values: dict[str, object] = {
        "organisation": str(organisation),
        "accommodation_id": str(form.accommodation_id),
        "inspection_id": str(it.id),
        "repeat": False,
        "occurred_at": form.occurred_at.isoformat(),
        "known_at": it.known_at.isoformat(),
    }
    return [
        shared_values
        | _finding_values(id, found, continued.due_at[id])
        | {"anomaly_id": str(continued.links[id])}
        for id, found in zip(it.finding_ids, it.verdict.findings, strict=True)
    ]


def _finding_values(id: UUID, found: GradedFinding, due_at: datetime) -> dict[str, object]:
    return {
        "id": str(id),
        "item": found.item,
        "category": found.category,
        "room": found.room,
        "severity": found.severity,
        "critical": found.critical,
        "due_on": local_day(due_at).isoformat(),
        "note": found.note,
    }


def recorded_event(it: Graded, repeats: set[UUID]) -> NewEvent:
    """Tell that an inspection was recorded."""
    form = it.sent.form
    findings = [
        {
            "item": found.item,
            "category": found.category,
            "room": found.room,
            "severity": found.severity,
            "critical": found.critical,
            "repeat": id in repeats,
        }
        for id, found in zip(it.finding_ids, it.verdict.findings, strict=True)
    ]
    origin = None if it.known.visit is None else it.known.visit.origin
    data = InspectionRecorded.model_validate(
        {
            "accommodation_id": form.accommodation_id,
            "visit_id": it.visit_id,
            "visit_kind": it.visit_kind,
            "outcome": form.outcome,
            "origin": origin,
            "inspector_ids": it.inspector_ids,
            "occurred_at": form.occurred_at,
            "known_at": it.known_at,
            "rooms_seen": it.rooms_seen,
            "grade": it.verdict.grade,
            "insalubrity_index": it.verdict.index,
            "findings": findings,
            "next_due_on": it.next_due_on,
        }
    )
    return NewEvent("inspection.recorded", it.id, form.occurred_at, data)


def room_rows(organisation: UUID, it: Graded) -> list[dict[str, object]]:
    """Write what became of the rooms of an inspection as their table keeps it."""
    form = it.sent.form
    return [
        {
            "organisation": str(organisation),
            "inspection_id": str(it.id),
            "room": room.room,
            "accommodation_id": str(form.accommodation_id),
            "outcome": room.outcome,
            "drawn": room.drawn,
            "instead_of": room.instead_of,
            "reason": room.reason,
            "occurred_at": form.occurred_at.isoformat(),
        }
        for room in it.rooms
    ]
