"""Keep a form whose visit is over for somebody to decide: never dropped, never overwriting."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.form_comparison import FilledForm, differences
from inspections.domain.visit_course import AHEAD
from inspections.store import form_conflicts, inspections
from inspections.store.rows import Row
from inspections.use_cases.grade_inspections import Graded
from shared.contracts.inspections.form_conflicts import FormConflictChanged
from shared.contracts.inspections.inspection import InspectionInput, RoomOutcome
from shared.feed import NewEvent


@dataclass(frozen=True, slots=True)
class Held:
    """What became of forms that came second, by their devices' ids.

    `same` are those that say what the record says: the inspection there is answers for them.
    `conflicts` are those kept to be decided.
    """

    same: Mapping[UUID, UUID]
    conflicts: Mapping[UUID, UUID]
    events: Sequence[NewEvent]


def first_and_second(graded: Iterable[Graded]) -> tuple[list[Graded], list[Graded]]:
    """Part the forms that close a visit, or make one, from those that come too late for it."""
    first, second = [], []
    closed: set[UUID] = set()
    for it in graded:
        visit = it.known.visit
        if visit is not None and (visit.state not in AHEAD or visit.id in closed):
            second.append(it)
        else:
            first.append(it)
            closed.add(it.visit_id)
    return first, second


async def hold_forms(
    session: AsyncSession, organisation: UUID, sent_by: str, second: Sequence[Graded]
) -> Held:
    """Keep forms that came second, but those that say what the record says of their visit.

    Their visits are locked, and what the transaction records of them is recorded.
    """
    recorded = await inspections.filled_forms(session, [it.visit_id for it in second])
    same: dict[UUID, UUID] = {}
    conflicts: dict[UUID, UUID] = {}
    rows: list[Row] = []
    events: list[NewEvent] = []
    for it in second:
        form = it.sent.form
        inspection_id, filled = recorded.get(it.visit_id, (None, None))
        if inspection_id and filled and not differences(filled, filled_form(form)):
            same[form.instance_id] = inspection_id
            continue
        conflicts[form.instance_id] = id = uuid4()
        rows.append(_row(organisation, sent_by, id, it, inspection_id=inspection_id))
        events.append(_opened(id, it, inspection_id))
    await form_conflicts.insert_new(session, rows)
    return Held(same, conflicts, events)


def filled_form(form: InspectionInput) -> FilledForm:
    """Read what a form says of its visit."""
    rooms = {it.room: it.outcome.value for it in form.rooms}
    seen = sum(outcome == RoomOutcome.seen for outcome in rooms.values())
    return FilledForm(
        outcome=form.outcome.value,
        checklist=f"{form.checklist} {form.checklist_version}",
        rooms_seen=seen if rooms else form.rooms_seen,
        rooms=rooms,
        answers={(it.item, it.room or None): (it.value, it.note or "") for it in form.answers},
    )


def _row(
    organisation: UUID, sent_by: str, id: UUID, it: Graded, *, inspection_id: UUID | None
) -> Row:
    form = it.sent.form
    return {
        "organisation": str(organisation),
        "id": str(id),
        "accommodation_id": str(form.accommodation_id),
        "visit_id": str(it.visit_id),
        "inspection_id": inspection_id and str(inspection_id),
        "instance_id": str(form.instance_id),
        "digest": it.sent.digest,
        "form": form.model_dump(mode="json"),
        "sent_by": sent_by,
        "occurred_at": form.occurred_at.isoformat(),
    }


def _opened(id: UUID, it: Graded, inspection_id: UUID | None) -> NewEvent:
    form = it.sent.form
    data = FormConflictChanged(
        accommodation_id=form.accommodation_id,
        visit_id=it.visit_id,
        inspection_id=inspection_id,
        decision=None,
        recorded_as=None,
    )
    return NewEvent("form_conflict.opened", id, form.occurred_at, data)
