"""Approve an inspection, send it back, or void it: it then counts nowhere any more."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.visit_course import CANCELLED, PLANNED
from inspections.domain.withdrawal import without
from inspections.store import anomalies, inspections, reviews, visits
from inspections.store.reviews import Decided
from inspections.store.tables import AnomalyRow, InspectionRow
from inspections.use_cases.anomaly_messages import change, changed_event
from shared import feed
from shared.contracts.inspections.reviews import (
    InspectionFlag,
    InspectionReview,
    InspectionReviewed,
    ReviewDecision,
    ReviewInput,
    ReviewState,
)
from shared.feed import NewEvent
from shared.problems import conflict, invalid, not_found

WITHDRAWN = "inspection withdrawn"
OUT = frozenset({ReviewState.sent_back, ReviewState.voided})


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who reviews, where and when; no territories means all."""

    organisation: UUID
    subject: str
    territories: tuple[str, ...]
    now: datetime


async def review_inspection(
    session: AsyncSession, reviewer: Reviewer, id: UUID, asked: ReviewInput
) -> InspectionReview:
    """Decide about an inspection; the same decision again changes nothing.

    One sent back opens its visit again for another form; one voided cancels it. Either is out of
    grades, anomalies and lists from then on; anomalies stand by what still counts.

    Raises
    ------
    Problem : 404 unknown, 409 out already, 422 no reason
    """
    row = await _locked(session, reviewer, id)
    decided = await reviews.decisions_of(session, id)
    state = ReviewState(asked.state)
    now_is = ReviewState(decided[0].state) if decided else ReviewState.submitted
    if now_is != state:
        if now_is in OUT:
            raise conflict(f"it is {now_is} and counts nowhere; send another form instead")
        if state in OUT and not asked.reason:
            raise invalid("/reason", "say why, for who has to fill it in again")
        it = Decided(id, state, asked.reason, reviewer.subject, reviewer.now)
        await reviews.decide(session, reviewer.organisation, it)
        events = await _take_out(session, reviewer, row, state) if state in OUT else []
        told = InspectionReviewed(
            accommodation_id=row.accommodation_id,
            visit_id=row.visit_id,
            state=state,
            counts=state not in OUT,
        )
        events.append(NewEvent("inspection.reviewed", id, reviewer.now, told))
        review = await show_review(session, id)
        await feed.append(session, reviewer.organisation, events)
        return review
    return await show_review(session, id)


async def show_review(session: AsyncSession, id: UUID) -> InspectionReview:
    """Tell how far an inspection is and why."""
    flags = (await reviews.flags_of(session, [id])).get(id, [])
    decided = await reviews.decisions_of(session, id)
    return InspectionReview(
        inspection_id=id,
        state=ReviewState(decided[0].state) if decided else ReviewState.submitted,
        flags=[InspectionFlag.model_validate(it, from_attributes=True) for it in flags],
        decisions=[ReviewDecision.model_validate(it, from_attributes=True) for it in decided],
    )


async def _locked(session: AsyncSession, reviewer: Reviewer, id: UUID) -> InspectionRow:
    """Find an inspection, out or not; others who would review it wait."""
    await reviews.see_voided(session, seen=True)
    row = await inspections.by_id(session, id, reviewer.territories)
    if row is None:
        raise not_found("inspection")
    await anomalies.lock_places(session, [row.accommodation_id])
    return row


async def _take_out(
    session: AsyncSession, reviewer: Reviewer, row: InspectionRow, state: ReviewState
) -> list[NewEvent]:
    await reviews.void(session, row.id, reviewer.now)
    changed = [
        it
        for it in await reviews.touched_anomalies(session, row.id)
        if await _stands_without(session, reviewer, it)
    ]
    visit = (await visits.locked(session, [row.visit_id]))[row.visit_id]
    ahead = PLANNED if state == ReviewState.sent_back else CANCELLED
    await visits.change(session, visit, {"state": ahead, "reason": WITHDRAWN})
    if not changed:
        return []
    told = [change(it) for it in changed]
    return [changed_event(row.accommodation_id, "review", told, reviewer.now)]


async def _stands_without(session: AsyncSession, reviewer: Reviewer, row: AnomalyRow) -> bool:
    """Let an anomaly stand by what still counts; tell whether that changes it."""
    before = anomalies.course_of(row)
    after = without(
        before,
        await reviews.still_seen(session, row.id),
        await reviews.still_moved(session, row.id),
    )
    if after == before:
        return False
    anomalies.keep_past(session, row, reviewer.now)
    anomalies.set_course(row, after)
    row.revision += 1
    row.updated_at = reviewer.now
    await session.flush()
    if after.state != before.state:
        await anomalies.insert_steps(session, [_step(reviewer, row)])
    return True


def _step(reviewer: Reviewer, row: AnomalyRow) -> dict[str, object]:
    return {
        "organisation": str(reviewer.organisation),
        "id": str(uuid4()),
        "anomaly_id": str(row.id),
        "kind": row.state,
        "occurred_at": reviewer.now.isoformat(),
        "known_at": reviewer.now.isoformat(),
        "recorded_at": reviewer.now.isoformat(),
        "severity": row.severity,
        "done_by": reviewer.subject,
        "reason": WITHDRAWN,
        "responsibility": row.responsibility,
        "proofs": [],
    }
