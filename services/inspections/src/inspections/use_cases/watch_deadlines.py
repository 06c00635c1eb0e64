"""Watch deadlines: tell what is overdue, look again at accepted risks, propose re-inspections."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.anomaly import AnomalyState, Asked, Move, make_move
from inspections.domain.calendar import local_day
from inspections.domain.deadlines import see_again_by
from inspections.store import anomalies, reinspections
from inspections.store.tables import AnomalyRow
from inspections.use_cases.anomaly_messages import change, changed_event
from shared import feed
from shared.contracts.inspections.anomalies import StepKind
from shared.contracts.inspections.sanctions import ReinspectionProposed, ReinspectionReason
from shared.feed import NewEvent

AT_ONCE = 200
OVERDUE, CLAIMED, REVIEW = "overdue", "claimed_fixed", "review"
REVIEW_DAY = "The day to look at this accepted risk again has come."


async def tell_overdue(session: AsyncSession, organisation: UUID, now: datetime) -> int:
    """Tell what passed its deadline, once each, and propose to see its places again."""
    rows = await anomalies.overdue_untold(session, now, AT_ONCE)
    for row in rows:
        row.overdue_told_at = now
    await session.flush()
    await _keep_steps(session, rows, StepKind.overdue, now)
    await feed.append(session, organisation, await _told(session, rows, OVERDUE, now))
    return len(rows)


async def review_risks(session: AsyncSession, organisation: UUID, now: datetime) -> int:
    """Open accepted risks again whose day of review has come, and propose to see them."""
    rows = await anomalies.to_review(session, local_day(now), AT_ONCE)
    for row in rows:
        asked = Asked(Move.reopen, max(now, row.state_since), reason=REVIEW_DAY)
        anomalies.keep_past(session, row, now)
        anomalies.set_course(row, make_move(anomalies.course_of(row), asked))
        row.revision += 1
        row.updated_at = now
    await session.flush()
    await _keep_steps(session, rows, AnomalyState.reopened, now, reason=REVIEW_DAY)
    await feed.append(session, organisation, await _told(session, rows, REVIEW, now))
    return len(rows)


async def propose_reinspection(
    session: AsyncSession, rows: Sequence[AnomalyRow], cause: str, now: datetime
) -> NewEvent:
    """Propose to see a place again because of some of its anomalies; return the event."""
    first = rows[0]
    reasons = [ReinspectionReason(anomaly_id=it.id, item=it.item, cause=cause) for it in rows]
    see_by = min(see_again_by(local_day(now), critical=it.critical) for it in rows)
    await reinspections.propose(
        session,
        first.organisation,
        first.accommodation_id,
        see_by=see_by,
        reasons=[it.model_dump(mode="json") for it in reasons],
        now=now,
    )
    data = ReinspectionProposed(see_by=see_by, reasons=reasons)
    return NewEvent("reinspection.proposed", first.accommodation_id, now, data)


async def _told(
    session: AsyncSession, rows: Sequence[AnomalyRow], cause: str, now: datetime
) -> list[NewEvent]:
    by_place: dict[UUID, list[AnomalyRow]] = {}
    for row in rows:
        by_place.setdefault(row.accommodation_id, []).append(row)
    events = []
    for place, its in sorted(by_place.items()):
        events.append(changed_event(place, cause, [change(it) for it in its], now))
        events.append(await propose_reinspection(session, its, cause, now))
    return events


async def _keep_steps(
    session: AsyncSession,
    rows: Sequence[AnomalyRow],
    kind: str,
    now: datetime,
    *,
    reason: str | None = None,
) -> None:
    await anomalies.insert_steps(
        session,
        [
            {
                "organisation": str(row.organisation),
                "id": str(uuid4()),
                "anomaly_id": str(row.id),
                "kind": kind,
                "occurred_at": now.isoformat(),
                "known_at": max(now, row.known_from).isoformat(),
                "severity": row.severity,
                "reason": reason,
                "proofs": [],
            }
            for row in rows
        ],
    )
