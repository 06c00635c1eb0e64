"""Decide what becomes of a form that came second for its visit."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.form_comparison import differences
from inspections.store import form_conflicts, inspections
from inspections.store.form_conflicts import Decision
from inspections.store.tables import FormConflictRow
from inspections.use_cases import messages
from inspections.use_cases.hold_forms import filled_form
from inspections.use_cases.record_inspections import Recorder, record_apart
from inspections.use_cases.sent_inspections import SentInspection
from shared import feed
from shared.contracts.inspections.form_conflicts import (
    ConflictDecision,
    FormConflictChanged,
    FormConflictDetail,
    FormDifference,
    Resolution,
)
from shared.contracts.inspections.inspection import InspectionInput
from shared.feed import NewEvent
from shared.problems import conflict, not_found


async def resolve_conflict(
    session: AsyncSession, recorder: Recorder, id: UUID, resolution: Resolution
) -> FormConflictRow:
    """Decide about a form; the same decision again changes nothing.

    Raises
    ------
    Problem : 404 unknown, 409 decided otherwise
    """
    row = await form_conflicts.by_id(session, id, recorder.territories, lock=True)
    if row is None:
        raise not_found("form conflict")
    if row.decision is not None:
        if row.decision != resolution.decision:
            raise conflict(f"it was decided already: {row.decision}; that stays")
        return row
    recorded_as: UUID | None = None
    events: list[NewEvent] = []
    if resolution.decision == ConflictDecision.record_apart:
        recorded_as, events = await record_apart(session, recorder, _sent(row))
    decision = Decision(resolution.decision, recorder.subject, resolution.reason, recorded_as)
    decided = await form_conflicts.decide(session, row, decision)
    await feed.append(session, recorder.organisation, [*events, _resolved(decided)])
    return decided


def _sent(row: FormConflictRow) -> SentInspection:
    """Give a form as it came, at the place that stands if its own was merged since."""
    form = InspectionInput.model_validate(row.form)
    here = form.model_copy(update={"accommodation_id": row.accommodation_id})
    return SentInspection("", here, known_digest=row.digest)


async def detail(session: AsyncSession, row: FormConflictRow) -> FormConflictDetail:
    """Write a conflict with its form and what that says otherwise than the record."""
    form = InspectionInput.model_validate(row.form)
    recorded = await inspections.filled_forms(session, [row.visit_id])
    _, filled = recorded.get(row.visit_id, (None, None))
    found = () if filled is None else differences(filled, filled_form(form))
    return FormConflictDetail(
        **messages.form_conflict(row).model_dump(),
        form=form,
        differences=[
            FormDifference(what=it.what, room=it.room, recorded=it.recorded, sent=it.sent)
            for it in found
        ],
    )


def _resolved(row: FormConflictRow) -> NewEvent:
    data = FormConflictChanged.model_validate(row.model_dump())
    return NewEvent("form_conflict.resolved", row.id, row.decided_at or row.received_at, data)
