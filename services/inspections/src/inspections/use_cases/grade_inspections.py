"""Grade filled-in checklists and write what the record keeps of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from inspections.domain.anomaly import Responsibility
from inspections.domain.calendar import local_day
from inspections.domain.checklist import Checklist
from inspections.domain.deadline_policy import DeadlinePolicy
from inspections.domain.deadlines import next_due_on
from inspections.domain.grading import (
    Answer,
    AnswerError,
    Assessment,
    Unanswered,
    assess,
)
from inspections.domain.room_visits import Draw, RoomOutcome, RoomVisit
from inspections.store.tables import VisitRow
from inspections.use_cases.sent_inspections import SentInspection, rooms_visited
from shared.contracts.inspections.inspection import Answer as SentAnswer
from shared.contracts.inspections.inspection import InspectionInput
from shared.contracts.inspections.visits import VisitState
from shared.problems import invalid


@dataclass(frozen=True, slots=True)
class Known:
    """What the record holds of the place and the visit a checklist was filled in for.

    `visit` is None when the inspection comes without an appointment, `draw` when no rooms were
    drawn for it.
    """

    rooms: int
    territory: str
    visit: VisitRow | None
    draw: Draw | None = None


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
class Rulebook:
    """What inspections are judged by: checklists by code and version, and the deadlines."""

    checklists: Mapping[tuple[str, int], Checklist]
    policy: DeadlinePolicy


@dataclass(frozen=True, slots=True)
class Graded:
    """An inspection ready to be kept; `finding_ids` stand beside the findings of the verdict.

    `found_on` is its local day, `reinspect_by` the day by which its dangers must be gone, if any.
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
    rooms: tuple[RoomVisit, ...] = ()

    @property
    def rooms_seen(self) -> int:
        """How many rooms were seen: as listed, or else as counted."""
        if not self.sent.form.rooms:
            return self.sent.form.rooms_seen
        return sum(it.outcome == RoomOutcome.seen for it in self.rooms)

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
    book: Rulebook,
    clock: Clock,
) -> list[Graded]:
    """Grade inspections whose places, visits and checklists are known to exist."""
    return [_grade(it, of, book, clock) for it, of in zip(sent, known, strict=True)]


def _grade(sent: SentInspection, known: Known, book: Rulebook, clock: Clock) -> Graded:
    form = sent.form
    checklist = book.checklists[form.checklist, form.checklist_version]
    answers = [_answer(it) for it in form.answers]
    try:
        verdict = assess(checklist, answers)
    except AnswerError as error:
        pointer = f"{sent.pointer}/answers/{error.position}/{error.field}"
        raise invalid(pointer, error.reason) from error
    return Graded(
        id=uuid4(),
        visit_id=uuid4() if known.visit is None else known.visit.id,
        sent=sent,
        known=known,
        known_at=clock.known_at(form),
        found_on=local_day(form.occurred_at),
        reinspect_by=_gone_by(form.occurred_at, known.territory, verdict, book.policy),
        verdict=verdict,
        finding_ids=tuple(uuid4() for _ in verdict.findings),
        rooms=rooms_visited(sent, checklist, known.draw),
    )


def _gone_by(
    found_at: datetime, territory: str, verdict: Assessment, policy: DeadlinePolicy
) -> date | None:
    days = (
        local_day(policy.due_at(found_at, it.severity, critical=True, territory=territory))
        for it in verdict.findings
        if it.critical
    )
    return min(days, default=None)


def _answer(sent: SentAnswer) -> Answer:
    said = sent.responsibility
    return Answer(
        item=sent.item,
        value=sent.value if isinstance(sent.value, int) else Unanswered(sent.value),
        room=sent.room or None,
        note=sent.note or None,
        responsibility=None if said is None else Responsibility(said),
    )
