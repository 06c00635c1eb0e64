"""Make the visits of a plan what its newest revision says, whatever was made of earlier ones."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.visit_course import CANCELLED, PLAN_REVISED
from inspections.store import plan_visits, visits
from inspections.store.tables import VisitRow
from inspections.use_cases.messages import visit_told
from inspections.use_cases.plan_visits import SentVisit
from inspections.use_cases.plan_visits import plan_visits as create_visits
from shared import feed
from shared.contracts.inspections.visits import PlanVisits, PlanVisitsReport, VisitInput
from shared.feed import NewEvent
from shared.problems import invalid

# What a plan decides of a visit. What was announced stays so: people were told.
DECIDED = {
    *("kind", "origin", "scheduled_at", "scheduled_end_at"),
    *("inspector_ids", "round_id", "sequence", "score_snapshot"),
}


async def revise_plan_visits(
    session: AsyncSession,
    organisation: UUID,
    territories: Sequence[str],
    plan_id: UUID,
    *,
    wanted: PlanVisits,
) -> PlanVisitsReport:
    """Create the visits of a plan that are missing, move others, cancel those it has no more.

    Visits begun, over, or cancelled by somebody stay as they are; so do those moved by hand since,
    unless the plan itself says something else of them than before.

    Raises
    ------
    Problem : 422 for a visit of another plan, and as when visits are created
    """
    sent = [_sent(number, it, plan_id) for number, it in enumerate(wanted.items)]
    made = await create_visits(session, organisation, territories, sent)
    by_stop = {it.visit.stop_id: it for it in sent}
    told: list[NewEvent] = []
    moved = cancelled = 0
    for row in await plan_visits.lock_planned(session, plan_id, territories):
        it = by_stop.get(row.stop_id)
        if it is None:
            cancelled += 1
            told += await _changed(session, row, {"state": CANCELLED, "reason": PLAN_REVISED})
        elif row.sent_digest != it.digest:
            moved += 1
            values = it.visit.model_dump(include=DECIDED) | {"sent_digest": it.digest}
            values["score_snapshot"] = _snapshot(it.visit)
            told += await _changed(session, row, values)
    await feed.append(session, organisation, told)
    return PlanVisitsReport(
        plan_id=plan_id, created=made.created, moved=moved, cancelled=cancelled, ids=made.ids
    )


def _sent(number: int, visit: VisitInput, plan_id: UUID) -> SentVisit:
    if visit.plan_id != plan_id:
        raise invalid(f"/items/{number}/plan_id", "must be the plan that the path names")
    return SentVisit(f"/items/{number}", visit)


def _snapshot(visit: VisitInput) -> dict[str, object] | None:
    snapshot = visit.score_snapshot
    return None if snapshot is None else snapshot.model_dump(mode="json")


async def _changed(
    session: AsyncSession, row: VisitRow, values: dict[str, object]
) -> list[NewEvent]:
    """Change a visit; give what its operator is told, nothing where it was not announced."""
    changed = await visits.change(session, row, values)
    what = "cancelled" if changed.state == CANCELLED else "moved"
    return [visit_told(what, changed.id, changed)] if changed.announced else []
