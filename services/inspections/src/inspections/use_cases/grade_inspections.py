"""Grade filled-in checklists and write what the record keeps of them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID, uuid4

from inspections.domain.calendar import local_day
from inspections.domain.checklist import Checklist
from inspections.domain.deadlines import finding_due_on, next_due_on
from inspections.domain.grading import (
    Answer,
    AnswerError,
    Assessment,
    GradedFinding,
    Unanswered,
    assess,
)
from inspections.store.tables import VisitRow
from shared.contracts.inspections import InspectionInput, InspectionRecorded, VisitState
from shared.feed import NewEvent
from shared.problems import invalid


@dataclass(frozen=True)
class SentInspection:
    """A filled-in checklist as it was sent; `pointer` is where it stands in the request."""

    pointer: str
    form: InspectionInput

    @cached_property
    def digest(self) -> str:
        """Give the same for the same content, however it was written."""
        return hashlib.sha256(self.form.model_dump_json().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Known:
    """What the record holds of the place and the visit a checklist was filled in for.

    `visit` is None when the inspection comes without an appointment.
    """

    rooms: int
    visit: VisitRow | None


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of recording, and how long after an inspection we suppose to have known of it."""

    now: datetime
    entry_delay: timedelta

    def known_at(self, form: InspectionInput) -> datetime:
        """Give when the inspection could be known: as stated, else supposed."""
        if form.known_at is not None:
            return form.known_at
        return max(form.occurred_at, min(self.now, form.occurred_at + self.entry_delay))


@dataclass(frozen=True, slots=True)
class Graded:
    """An inspection ready to be kept; `finding_ids` stand beside the findings of the verdict.

    `found_on` is its local day, `reinspect_by` the deadline of its critical findings, if any.
    """

    id: UUID
    visit_id: UUID
    sent: SentInspection
    known: Known
    known_at: datetime
    found_on: date
    reinspect_by: date | None
    verdict: Assessment
    finding_ids: tuple[UUID, ...]

    @property
    def next_due_on(self) -> date | None:
        """The day the place is due again; None when this inspection does not change it.

        A visit that did not take place brings no new day, unless something critical was seen.
        """
        if self.sent.form.outcome != VisitState.done:
            return self.reinspect_by
        return next_due_on(self.found_on, self.verdict.grade, reinspect_by=self.reinspect_by)

    @property
    def visit_kind(self) -> str:
        """Why the visit took place; the appointment knows better than the form."""
        visit = self.known.visit
        return self.sent.form.visit_kind.value if visit is None else visit.kind

    @property
    def inspector_ids(self) -> list[UUID]:
        """Who inspected, lead first; the team of the appointment unless the form says."""
        visit = self.known.visit
        return self.sent.form.inspector_ids or ([] if visit is None else visit.inspector_ids)


def grade_all(
    sent: Sequence[SentInspection],
    known: Sequence[Known],
    checklists: Mapping[tuple[str, int], Checklist],
    clock: Clock,
) -> list[Graded]:
    """Grade inspections whose places, visits and checklists are known to exist."""
    return [_grade(it, of, checklists, clock) for it, of in zip(sent, known, strict=True)]


def _grade(
    sent: SentInspection,
    known: Known,
    checklists: Mapping[tuple[str, int], Checklist],
    clock: Clock,
) -> Graded:
    form = sent.form
    answers = [
        Answer(
            it.item,
            it.value if isinstance(it.value, int) else Unanswered(it.value),
            it.room or None,
            it.note or None,
        )
        for it in form.answers
    ]
    try:
        verdict = assess(checklists[form.checklist, form.checklist_version], answers)
    except AnswerError as error:
        pointer = f"{sent.pointer}/answers/{error.position}/{error.field}"
        raise invalid(pointer, error.reason) from error
    found_on = local_day(form.occurred_at)
    dangerous = any(it.critical for it in verdict.findings)
    return Graded(
        id=uuid4(),
        visit_id=uuid4() if known.visit is None else known.visit.id,
        sent=sent,
        known=known,
        known_at=clock.known_at(form),
        found_on=found_on,
        reinspect_by=finding_due_on(found_on, critical=True) if dangerous else None,
        verdict=verdict,
        finding_ids=tuple(uuid4() for _ in verdict.findings),
    )


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
        "rooms_seen": form.rooms_seen,
        "rooms_total": it.known.rooms,
        "insalubrity_index": it.verdict.index,
        "coverage": it.verdict.coverage,
        "grade": it.verdict.grade,
        "reinspect_by": it.reinspect_by and it.reinspect_by.isoformat(),
        **form.model_dump(mode="json", include={"answers"}, exclude_none=True),
    }


def finding_rows(organisation: UUID, it: Graded) -> list[dict[str, object]]:
    """Write the findings of an inspection as their table keeps them."""
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
        shared_values | _finding_values(id, found, it.found_on)
        for id, found in zip(it.finding_ids, it.verdict.findings, strict=True)
    ]


def _finding_values(id: UUID, found: GradedFinding, found_on: date) -> dict[str, object]:
    return {
        "id": str(id),
        "item": found.item,
        "category": found.category,
        "room": found.room,
        "severity": found.severity,
        "critical": found.critical,
        "due_on": finding_due_on(found_on, critical=found.critical).isoformat(),
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
            "rooms_seen": form.rooms_seen,
            "grade": it.verdict.grade,
            "insalubrity_index": it.verdict.index,
            "findings": findings,
            "next_due_on": it.next_due_on,
        }
    )
    return NewEvent("inspection.recorded", it.id, form.occurred_at, data)
