"""Times planned and taken over HTTP."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import RowMapping

from inspections.api.clock import Now
from inspections.domain.calendar import day_begins_at, local_day
from inspections.domain.time_drift import LogRatios, drift_between
from inspections.store import visit_times
from shared.auth import Planner
from shared.contracts.inspections.visit_times import TimesDrift, VisitTimesOf, VisitTimesReport
from shared.db import Session
from shared.problems import responses

router = APIRouter(prefix="/v1/history/visit-times", tags=["history"])

DAYS, RECENT_DAYS = 728, 91


@router.get("", operation_id="tellVisitTimes", responses=responses(403, 422))
async def tell(
    session: Session,
    caller: Planner,
    *,
    now: Now,
    days: Annotated[int, Query(ge=2, le=3650, description="Visits of how many days.")] = DAYS,
    recent_days: Annotated[
        int, Query(ge=1, le=3650, description="Of these, the last so many are compared.")
    ] = RECENT_DAYS,
) -> VisitTimesReport:
    """Tell the minutes planned and taken, by kind of visit and size of team, and their drift.

    Candidates are planned with what the last visits of their kind took; this says how well that
    holds. No inspector is told apart.
    """
    today = local_day(now)
    since, recent = (today - timedelta(days=it) for it in (days, min(days, recent_days)))
    rows = await visit_times.figures(
        session, caller.territories, since=day_begins_at(since), recent=day_begins_at(recent)
    )
    return VisitTimesReport(since=since, recent_since=recent, items=[_times(row) for row in rows])


def _times(row: RowMapping) -> VisitTimesOf:
    figures = {
        name: round(it, 3) if isinstance(it, float) else it
        for name, it in row.items()
        if name in VisitTimesOf.model_fields
    }
    return VisitTimesOf.model_validate(figures | {"drift": _drift(row)})


def _drift(row: RowMapping) -> TimesDrift | None:
    recent = row["recent_visits"]
    drift = drift_between(
        LogRatios(row["visits"] - recent, row["earlier_mean"], row["earlier_variance"]),
        LogRatios(recent, row["recent_mean"], row["recent_variance"]),
    )
    if drift is None:
        return None
    return TimesDrift(
        ratio=round(drift.ratio, 3),
        low=round(drift.low, 3),
        high=round(drift.high, 3),
        is_certain=drift.is_certain,
    )
